"""Training together: streaks that know rest, badges, boards, aggregates that give nobody away."""
