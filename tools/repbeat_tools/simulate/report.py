"""What many simulated years say together, and a picture of it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from statistics import fmean, median

from repbeat_tools.simulate.year import Seen

DAYS_A_MONTH = 30.4
RESPONDING_GAIN = 0.05  # of ln(strength) over the run: an athlete who answers training
PROBLEMS_SHOWN = 5


def summarize(seen: Sequence[Seen], seed: int) -> dict[str, object]:
    """The figures of `repbeat simulate --json`."""
    weeks = sum(one.weeks for one in seen)
    caught = [days for one in seen for days in one.lighter_after]
    lighter = [days for days in caught if days is not None]
    responding = [one for one in seen if one.gains and max(one.gains) >= RESPONDING_GAIN]
    stalls = [one.longest_stall_weeks() for one in responding]
    healthy_days = sum(one.healthy_days for one in seen)
    alerts = sum(one.healthy_alerts for one in seen)
    return {
        "athletes": len(seen),
        "weeks": seen[0].weeks,
        "seed": seed,
        "weeks_within_bounds": 1 - sum(len(one.violations) for one in seen) / weeks,
        "problems": [problem for one in seen for problem in one.problems][:PROBLEMS_SHOWN],
        "responding_athletes": len(responding),
        "longest_stall_weeks": max(stalls, default=None),
        "median_stall_weeks": median(stalls) if stalls else None,
        "proposals_a_week": round(sum(one.proposals for one in seen) / weeks, 3),
        "healthy_alerts_per_month": (
            round(alerts / healthy_days * DAYS_A_MONTH, 4) if healthy_days else None
        ),
        "notes_per_month": round(sum(one.notes for one in seen) / weeks / 7 * DAYS_A_MONTH, 3),
        "illnesses": len(caught),
        "illnesses_without_lighter_plan": len(caught) - len(lighter),
        "days_to_lighter_after_illness": round(fmean(lighter), 3) if lighter else None,
        "deloads": sum(one.deloads for one in seen),
        "strength_gain_median": round(median(one.gains[-1] for one in seen), 3),
        "learning": learning(seen),
    }


def learning(seen: Sequence[Seen]) -> dict[str, object]:
    """How often the 90 % intervals held the truth, and how much the forecasts know beyond the average."""
    names = list(seen[0].estimates)
    covered = {
        name: fmean(one.estimates[name].low <= one.truths[name] <= one.estimates[name].high for one in seen)
        for name in names
    }
    skills = {}
    for kind in ("readiness", "load"):
        score = sum(one.calibrations[kind].score for one in seen)
        average = sum(one.calibrations[kind].average_score for one in seen)
        skills[kind] = (score, average, sum(one.calibrations[kind].count for one in seen))
    total = [sum(column) for column in zip(*skills.values(), strict=True)]
    return {
        "coverage_90": round(fmean(covered.values()), 4),
        "coverage_by_estimate": {name: round(share, 4) for name, share in covered.items()},
        "brier_skill": round(1 - total[0] / total[1], 4) if total[1] else None,
        "brier": {
            kind: {
                "forecasts": count,
                "score": round(score / count, 4) if count else None,
                "average_score": round(average / count, 4) if count else None,
                "skill": round(1 - score / average, 4) if average else None,
            }
            for kind, (score, average, count) in skills.items()
        },
        "calibration": {kind: reliability(seen, kind) for kind in skills},
    }


def reliability(seen: Sequence[Seen], kind: str) -> list[dict[str, float]]:
    """By tenths of forecast chance: how often it was given, its mean, and how often it came true."""
    rows = []
    for tenth in range(10):
        bins = [one.calibrations[kind].bins[tenth] for one in seen if tenth in one.calibrations[kind].bins]
        count, chances, came_true = (sum(column) for column in zip(*bins, strict=True)) if bins else (0, 0, 0)
        if count:
            rows.append(
                {
                    "forecasts": count,
                    "chance": round(chances / count, 3),
                    "came_true": round(came_true / count, 3),
                }
            )
    return rows


def draw(seen: Sequence[Seen], out: Path) -> None:
    """Strength over the weeks, longest stalls, days to a lighter plan, and the forecasts' calibration."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(2, 2, figsize=(11, 7), layout="constrained")
    strength, stalls, lighter, calibration = axes.flat
    for one in seen:
        strength.plot([100 * gain for gain in one.gains], color="C0", alpha=0.15, lw=0.8)
    strength.set(xlabel="week", ylabel="ln strength, % of the beginning", title="strength")
    stalls.hist([one.longest_stall_weeks() for one in seen], bins=range(0, 20), color="C1")
    stalls.set(xlabel="weeks", ylabel="athletes", title="longest run without a raised goal")
    days = [found for one in seen for found in one.lighter_after if found is not None]
    lighter.hist(days, bins=range(0, 16), color="C2")
    lighter.set(xlabel="days from onset", ylabel="illnesses", title="until the plan is lighter")
    calibration.plot([0, 1], [0, 1], color="0.7", lw=1)
    for kind in ("readiness", "load"):
        rows = reliability(seen, kind)
        calibration.plot(
            [row["chance"] for row in rows], [row["came_true"] for row in rows], marker="o", label=kind
        )
    calibration.set(xlabel="forecast chance", ylabel="came true", title="forecasts")
    calibration.legend()
    figure.savefig(out, dpi=110)
    pyplot.close(figure)
