"""Checks one golden vector; runs as it is on CPython and on MicroPython (no imports beyond both)."""

from binascii import hexlify, unhexlify

from repbeat_protocol import auth, frames, heart, live, plan, raw_window, records, transfer


def text(data):
    return hexlify(data).decode()


def expect(name, got, wanted):
    if got != wanted:
        raise AssertionError("%s: got %r, wanted %r" % (name, got, wanted))


def check_record(v):
    payload = unhexlify(v["payload"])
    raw = records.encode(v["seq"], v["type"], v["version"], v["boot"], v["uptime_ms"], payload)
    expect(v["name"], text(raw), v["raw"])
    kind, version, boot, uptime_ms, body = records.decode(raw, v["seq"])
    expect(v["name"], [kind, version, boot, uptime_ms], [v["type"], v["version"], v["boot"], v["uptime_ms"]])
    if v["fields"] is not None:
        expect(v["name"], records.unpack(kind, version, body), v["fields"])
        values = tuple(v["fields"][field] for field, code in records.LAYOUTS[(kind, version)] if code != "*")
        open_ended = records.LAYOUTS[(kind, version)][-1][1] == "*"
        rest = records.tail(kind, version, body) if open_ended else b""
        expect(v["name"], text(records.pack(kind, version, values, rest)), v["payload"])
    try:
        records.decode(raw, v["seq"] ^ 1)
    except records.BadChecksum:
        return
    raise AssertionError(v["name"] + ": a wrong sequence number was accepted")


def check_heart(v):
    writer = heart.HeartWriter()
    for bpm, state in v["samples"]:
        writer.add(bpm, state)
    payload = bytes(writer.take(v["first_ago_ms"], v["source"]))
    expect(v["name"], text(payload), v["payload"])
    ago, source, samples = heart.read_heart(payload)
    expect(
        v["name"], [ago, source, [list(s) for s in samples]], [v["first_ago_ms"], v["source"], v["samples"]]
    )


def check_rr(v):
    writer = heart.RrWriter()
    for rr in v["rr_1024"]:
        writer.add(rr)
    payload = bytes(writer.take(v["last_ago_ms"], v["source"]))
    expect(v["name"], text(payload), v["payload"])
    expect(v["name"], list(heart.read_rr(payload)), [v["last_ago_ms"], v["source"], v["rr_1024"]])


def check_raw_window(v):
    f = v["fields"]
    writer = raw_window.RawWriter(f["channels"])
    for row in v["samples"]:
        writer.add(row, 0)
    payload = bytes(writer.take(f["rep_seq"], f["part"], f["parts"], f["first_ago_ms"], f["interval_ms"]))
    expect(v["name"], text(payload), v["payload"])
    fields, rows = raw_window.read(payload)
    expect(v["name"], [fields, [list(row) for row in rows]], [f, v["samples"]])


def check_control(v):
    frame = frames.pack_control(v["values"][0], *v["values"][1:])
    expect(v["name"], text(frame), v["frame"])
    expect(v["name"], list(frames.unpack_control(frame)), v["values"])


def check_answer(v):
    frame = frames.pack_answer(v["values"][0], *v["values"][1:])
    expect(v["name"], text(frame), v["frame"])
    expect(v["name"], list(frames.unpack_answer(frame)), v["values"])


def check_data(v):
    assembler = frames.Assembler(v["since"])
    out = []
    for frame in v["frames"]:
        for seq, raw in assembler.feed(unhexlify(frame)):
            out.append([seq, text(raw)])
    expect(v["name"], out, v["records"])


def check_info(v):
    expect(v["name"], frames.read_info(unhexlify(v["value"])), v["fields"])
    f = v["fields"]
    packed = frames.pack_info(
        f["layout"],
        f["log_id"],
        f["oldest"],
        f["next"],
        f["boot"],
        f["uptime_ms"],
        f["plan_revision"],
        f["device_id"],
    )
    expect(v["name"], text(packed), v["value"])


def check_live(v):
    expect(v["name"], live.read(unhexlify(v["value"])), v["fields"])


def check_transfer(v):
    content = unhexlify(v["content"])
    expect(v["name"], text(transfer.pack_begin(v["kind"], v["id"], content)), v["begin"])
    expect(v["name"], text(transfer.blob(content)), v["blob"])
    expect(v["name"], list(transfer.unpack_state(unhexlify(v["state"]))), v["state_values"])


def check_plan(v):
    p = plan.decode(unhexlify(v["wire"]))
    head = {key: getattr(p, key) for key in v["plan"] if key != "items"}
    head["items"] = [{key: getattr(item, key) for key in v["plan"]["items"][0]} for item in p.items]
    expect(v["name"], head, v["plan"])
    expect(v["name"], text(plan.encode(p)), v["wire"])


def check_hmac(v):
    expect(v["name"], text(auth.hmac_sha256(unhexlify(v["key"]), unhexlify(v["message"]))), v["mac"])


def check_trust(v):
    def session():
        nonces = unhexlify(v["companion_nonce"]), unhexlify(v["device_nonce"])
        return auth.Session(unhexlify(v["key"]), v["slot"], v["device_id"], nonces[0], nonces[1])

    companion, device = session(), session()
    expect(v["name"], text(companion.proof(auth.COMPANION)), v["companion_proof"])
    expect(v["name"], text(device.proof(auth.DEVICE)), v["device_proof"])
    for sealed in v["sealed"]:
        frame = unhexlify(sealed["frame"])
        expect(v["name"], text(companion.seal(sealed["channel"], frame)), sealed["bytes"])
        expect(v["name"], bytes(device.open(sealed["channel"], unhexlify(sealed["bytes"]))), frame)
        try:
            device.open(sealed["channel"], unhexlify(sealed["bytes"]))
        except auth.BadSeal:
            continue
        raise AssertionError(v["name"] + ": a seal was taken twice")


CHECKS = {
    "hmac": check_hmac,
    "trust": check_trust,
    "record": check_record,
    "heart": check_heart,
    "rr": check_rr,
    "raw_window": check_raw_window,
    "control": check_control,
    "answer": check_answer,
    "data": check_data,
    "info": check_info,
    "live": check_live,
    "transfer": check_transfer,
    "plan": check_plan,
}


def check(vectors):
    """Check every vector; return how many. AssertionError names the first that fails."""
    for vector in vectors:
        CHECKS[vector["check"]](vector)
    return len(vectors)
