BEGIN TRANSACTION;
CREATE TABLE _sqlite_migrations (
    migration_set TEXT NOT NULL,
    name TEXT NOT NULL,
    applied_at TEXT NOT NULL,
    PRIMARY KEY (migration_set, name)
);
INSERT INTO "_sqlite_migrations" VALUES('repbeat','0001_first','2026-11-29 01:29:23.807981+00:00');
INSERT INTO "_sqlite_migrations" VALUES('repbeat','0002_blocks','2026-11-29 01:29:23.826972+00:00');
INSERT INTO "_sqlite_migrations" VALUES('repbeat','0003_heart_index','2026-11-29 01:29:23.838782+00:00');
INSERT INTO "_sqlite_migrations" VALUES('repbeat','0004_backups','2026-11-29 01:29:23.845228+00:00');
INSERT INTO "_sqlite_migrations" VALUES('repbeat','0005_measured','2026-11-29 01:29:23.856132+00:00');
INSERT INTO "_sqlite_migrations" VALUES('repbeat','0006_calibrations','2026-11-29 01:29:23.869776+00:00');
INSERT INTO "_sqlite_migrations" VALUES('repbeat','0007_received','2026-11-29 01:29:23.881581+00:00');
INSERT INTO "_sqlite_migrations" VALUES('people','0001_people','2026-11-29 01:29:23.895281+00:00');
INSERT INTO "_sqlite_migrations" VALUES('people','0002_preferences','2026-11-29 01:29:23.905382+00:00');
INSERT INTO "_sqlite_migrations" VALUES('people','0003_quiet_hours','2026-11-29 01:29:23.917231+00:00');
INSERT INTO "_sqlite_migrations" VALUES('people','0004_webhook_places','2026-11-29 01:29:23.935521+00:00');
INSERT INTO "_sqlite_migrations" VALUES('people','0005_workplace','2026-11-29 01:29:23.944480+00:00');
INSERT INTO "_sqlite_migrations" VALUES('people','0006_command_detail','2026-11-29 01:29:23.958448+00:00');
INSERT INTO "_sqlite_migrations" VALUES('coach','0001_first','2026-11-29 01:29:23.963072+00:00');
INSERT INTO "_sqlite_migrations" VALUES('coach','0002_learned','2026-11-29 01:29:23.980628+00:00');
INSERT INTO "_sqlite_migrations" VALUES('coach','0003_notes','2026-11-29 01:29:23.998930+00:00');
INSERT INTO "_sqlite_migrations" VALUES('coach','0004_surroundings','2026-11-29 01:29:24.002109+00:00');
INSERT INTO "_sqlite_migrations" VALUES('coach','0005_sealed','2026-11-29 01:29:24.037368+00:00');
INSERT INTO "_sqlite_migrations" VALUES('coach','0006_answers_sealed','2026-11-29 01:29:24.050082+00:00');
INSERT INTO "_sqlite_migrations" VALUES('interop','0001_imports','2026-11-29 01:29:24.051976+00:00');
INSERT INTO "_sqlite_migrations" VALUES('interop','0002_sealed','2026-11-29 01:29:24.058491+00:00');
INSERT INTO "_sqlite_migrations" VALUES('interop','0003_days_sealed','2026-11-29 01:29:24.059574+00:00');
INSERT INTO "_sqlite_migrations" VALUES('sealing','0001_sealed','2026-11-29 01:29:24.066926+00:00');
INSERT INTO "_sqlite_migrations" VALUES('sealing','0002_rest','2026-11-29 01:29:24.067567+00:00');
INSERT INTO "_sqlite_migrations" VALUES('sealing','0003_check_ins','2026-11-29 01:29:24.068046+00:00');
INSERT INTO "_sqlite_migrations" VALUES('gym','0001_machines','2026-11-29 01:29:24.077421+00:00');
INSERT INTO "_sqlite_migrations" VALUES('gym','0002_fleet','2026-11-29 01:29:24.081780+00:00');
INSERT INTO "_sqlite_migrations" VALUES('gym','0003_cardio','2026-11-29 01:29:24.089781+00:00');
INSERT INTO "_sqlite_migrations" VALUES('services','0001_services','2026-11-29 01:29:24.096738+00:00');
INSERT INTO "_sqlite_migrations" VALUES('community','0001_community','2026-11-29 01:29:24.110214+00:00');
INSERT INTO "_sqlite_migrations" VALUES('community','0002_shared','2026-11-29 01:29:24.113752+00:00');
INSERT INTO "_sqlite_migrations" VALUES('community','0003_challenges','2026-11-29 01:29:24.119956+00:00');
INSERT INTO "_sqlite_migrations" VALUES('community','0004_breathing','2026-11-29 01:29:24.135192+00:00');
INSERT INTO "_sqlite_migrations" VALUES('hub','0001_live_now','2026-11-29 01:29:24.140805+00:00');
CREATE TABLE accounts (
        account_id TEXT NOT NULL PRIMARY KEY,
        name TEXT NOT NULL,
        name_key TEXT NOT NULL UNIQUE,       -- the name as it is compared
        password_hash TEXT NOT NULL,
        administrator INTEGER NOT NULL,
        created_ms BIGINT NOT NULL
    );
CREATE TABLE athletes (
        athlete_id TEXT NOT NULL PRIMARY KEY,
        name TEXT NOT NULL UNIQUE,
        tag BIGINT NOT NULL UNIQUE,          -- 32 bits, names the athlete inside plans on devices
        resting_bpm INTEGER NOT NULL,        -- 0: not known
        max_bpm INTEGER NOT NULL,
        utc_offset_min INTEGER NOT NULL,
        created_ms BIGINT NOT NULL
    );
INSERT INTO "athletes" VALUES('714dc683d6cb44e09168a8f6aacf4c00','Ann',3427021065,55,185,0,1795000000000);
CREATE TABLE audit (
        athlete_id TEXT NOT NULL,
        audit_id TEXT NOT NULL,
        at_ms BIGINT NOT NULL,
        account_id TEXT NOT NULL,            -- '': not an account, see actor
        actor TEXT NOT NULL,                 -- account, token, command line, webhook, program
        action TEXT NOT NULL,
        detail TEXT NOT NULL,
        PRIMARY KEY (athlete_id, audit_id)
    );
CREATE TABLE backups (
        path TEXT NOT NULL PRIMARY KEY,      -- on the machine that wrote it
        made_ms BIGINT NOT NULL
    );
CREATE TABLE blocked_senders (
        athlete_id TEXT NOT NULL,
        account_id TEXT NOT NULL,
        since_ms BIGINT NOT NULL,
        PRIMARY KEY (athlete_id, account_id)
    );
CREATE TABLE blocks (                   -- raw records in a row, see repbeat.store.packing
        device_id TEXT NOT NULL,
        log_id BIGINT NOT NULL,
        first_seq BIGINT NOT NULL,
        next_seq BIGINT NOT NULL,
        boot INTEGER NOT NULL,
        heart_from_ms BIGINT,                -- uptimes that its HEART and RR records cover; NULL: it has none
        heart_until_ms BIGINT,
        log BLOB NOT NULL,
        heart BLOB,
        PRIMARY KEY (device_id, log_id, first_seq)
    );
INSERT INTO "blocks" VALUES('00000000000000b1',12648430,0,17,1,6000,96000,X'02789C1364606467656565036106060E76261E3E4654C0262C2323A30AC21AC2BC2C9C68B20CA880ABAEE3C2850E0B205678A1F0E20583B0303BBBF07120F663F663666620053032800C676482D901D36E63B36F1F031303D0B50CF11091FFEC58DD02044C60803012A88691098852C00022A80006CC6060040610F10D60C002062D600051F3020C20EC083080D882AC1ED90D5160007300AA5FC06E6304F1D9D8383818180A0AC4C5BF7C81A83230282D85E8676098360D2D6CC04A6CF671014911209603620D206685CA5F02BAC096D11CC86AC8977FB79011A4CA8681D1863F0061040060DC3611',X'808BCC11CD72CA5C1A6F635031F4D9DAA577262E0B4BF4E2D44C89D77D907A769D77FD0939BB80D3A51B7059A75FDDB3149BDEEA49B63DBADC21DD8B36084E71481B68FB88C038D4BC0BD9A2823F3DD079A83298AE0339CD5C');
INSERT INTO "blocks" VALUES('00000000000000b1',12648430,20,21,2,NULL,NULL,X'02789C6364606714666278C1CCC0C0C0280224400C9B7D0C10F01F002509031B',NULL);
INSERT INTO "blocks" VALUES('00000000000000b1',12648430,21,22,1,NULL,NULL,X'02789C63646065946164D8C1CDC0C02002C44C409CC2A0C06CC4B081A585F9057304D3061606862806004F270545',NULL);
INSERT INTO "blocks" VALUES('00000000000000b1',12648430,22,24,2,NULL,NULL,X'02789C636248666097646258C0CFC0C0509E9158A290A890975A9E5AA490925A96999CAA909D975F5E0C009DEE0A8F',X'808BCC11CD72CA5C1AF92AAF304AEC8BE0EE5F08645C9FC20DED54A856E1F991E9609E8ECA76612F908A17BEC6E6E164FDEDFCC5F6C8DFC28D1C');
CREATE TABLE board_entries (            -- who asked to be ranked, where, by what
        athlete_id TEXT NOT NULL,
        gym_id TEXT NOT NULL,
        group_id TEXT NOT NULL,
        kind TEXT NOT NULL,
        since_ms BIGINT NOT NULL,
        PRIMARY KEY (athlete_id, gym_id, group_id, kind)
    );
CREATE TABLE breathings (               -- paced breathing, a minute before and one after
        device_id TEXT NOT NULL,
        log_id BIGINT NOT NULL,
        seq BIGINT NOT NULL,
        in_session BIGINT,                   -- NULL: it stood by itself
        boot INTEGER NOT NULL,
        end_uptime_ms BIGINT NOT NULL,
        paced_s INTEGER NOT NULL,            -- 0: given up before
        breaths_x10 INTEGER NOT NULL,
        before_bpm_x10 INTEGER,              -- NULL: no figure
        before_rmssd_x10 INTEGER,
        before_kept_permille INTEGER,
        after_bpm_x10 INTEGER,
        after_rmssd_x10 INTEGER,
        after_kept_permille INTEGER,
        PRIMARY KEY (device_id, log_id, seq)
    ) WITHOUT ROWID;
CREATE TABLE calibrations (             -- CALIBRATION records: steps on a machine
        device_id TEXT NOT NULL,
        log_id BIGINT NOT NULL,
        seq BIGINT NOT NULL,
        boot INTEGER NOT NULL,
        uptime_ms BIGINT NOT NULL,
        stage INTEGER NOT NULL,
        outcome INTEGER NOT NULL,
        plate INTEGER NOT NULL,
        top_mm INTEGER NOT NULL,
        step_um INTEGER NOT NULL,
        first_g INTEGER NOT NULL,
        step_g INTEGER NOT NULL,
        range_mm INTEGER NOT NULL,
        PRIMARY KEY (device_id, log_id, seq)
    );
CREATE TABLE cardio_machines (          -- which machine has this radio address
        address TEXT NOT NULL PRIMARY KEY,
        machine_id TEXT NOT NULL
    );
CREATE TABLE cardio_sessions (
        address TEXT NOT NULL,
        start_ms BIGINT NOT NULL,
        end_ms BIGINT NOT NULL,
        name TEXT NOT NULL,                   -- as the machine calls itself
        kind TEXT NOT NULL,                   -- treadmill, bike, rower
        machine_id TEXT,
        athlete_id TEXT,                      -- NULL: nobody had claimed it
        how TEXT NOT NULL,
        samples TEXT NOT NULL,                -- JSON: one a second
        PRIMARY KEY (address, start_ms)
    );
CREATE TABLE challenge_members (
        athlete_id TEXT NOT NULL,
        gym_id TEXT NOT NULL,
        group_id TEXT NOT NULL,
        challenge_id TEXT NOT NULL,
        team INTEGER NOT NULL,
        PRIMARY KEY (athlete_id, gym_id, group_id, challenge_id)
    );
CREATE TABLE challenges (
        gym_id TEXT NOT NULL,
        group_id TEXT NOT NULL,
        challenge_id TEXT NOT NULL,
        name TEXT NOT NULL,
        counts TEXT NOT NULL,
        teams TEXT NOT NULL,                 -- their names, as JSON
        first_day TEXT NOT NULL,
        last_day TEXT NOT NULL,
        typed_counts INTEGER NOT NULL,       -- 1: what came from files counts too
        PRIMARY KEY (gym_id, group_id, challenge_id)
    );
CREATE TABLE check_ins (
        athlete_id TEXT NOT NULL,
        day TEXT NOT NULL,
        sealed BLOB NOT NULL,
        PRIMARY KEY (athlete_id, day)
    );
CREATE TABLE clocks (                   -- uptime of a boot = this moment
        device_id TEXT NOT NULL,
        log_id BIGINT NOT NULL,
        boot INTEGER NOT NULL,
        seq BIGINT NOT NULL,
        uptime_ms BIGINT NOT NULL,
        unix_ms BIGINT NOT NULL,
        uncertainty_ms INTEGER NOT NULL,
        utc_offset_min INTEGER NOT NULL,
        source INTEGER NOT NULL,
        received_ms BIGINT NOT NULL,
        refused TEXT NOT NULL,               -- why it is not believed; empty: it is
        PRIMARY KEY (device_id, log_id, boot, seq)
    ) WITHOUT ROWID;
INSERT INTO "clocks" VALUES('00000000000000b1',12648430,1,14,120000,1794996400000,20,60,1,1795000000000,'');
CREATE TABLE coach_notes (
        athlete_id TEXT NOT NULL,
        note_id TEXT NOT NULL,
        account_id TEXT NOT NULL,            -- of the coach
        at_ms BIGINT NOT NULL,
        sealed BLOB NOT NULL,
        PRIMARY KEY (athlete_id, note_id)
    );
CREATE TABLE coaching (
        athlete_id TEXT NOT NULL PRIMARY KEY,
        bounds TEXT NOT NULL,                -- JSON
        sealed BLOB NOT NULL
    );
CREATE TABLE consents (
        athlete_id TEXT NOT NULL,
        consent_id TEXT NOT NULL,
        grantee_kind TEXT NOT NULL,          -- account, group, gym, service
        grantee TEXT NOT NULL,
        scope TEXT NOT NULL,
        since_ms BIGINT NOT NULL,
        until_ms BIGINT,                     -- NULL: until revoked
        revoked_ms BIGINT,
        PRIMARY KEY (athlete_id, consent_id)
    );
CREATE TABLE day_values (
        athlete_id TEXT NOT NULL,
        day TEXT NOT NULL,                   -- the athlete's own calendar day, 2026-11-25
        formula TEXT NOT NULL,
        version INTEGER NOT NULL,
        value TEXT NOT NULL,
        PRIMARY KEY (athlete_id, day, formula)
    ) WITHOUT ROWID;
INSERT INTO "day_values" VALUES('714dc683d6cb44e09168a8f6aacf4c00','2026-11-18','day_load',1,'{"sessions":1,"trimp":12.34,"srpe":11.1}');
CREATE TABLE days_off (                 -- called off: ill, hurt, travelling
        athlete_id TEXT NOT NULL,
        day TEXT NOT NULL,
        why TEXT NOT NULL,
        PRIMARY KEY (athlete_id, day)
    );
CREATE TABLE device_athletes (          -- whose records are they, from which one on
        device_id TEXT NOT NULL,
        log_id BIGINT NOT NULL,
        first_seq BIGINT NOT NULL,
        athlete_id TEXT,                     -- NULL: nobody's
        PRIMARY KEY (device_id, log_id, first_seq)
    );
INSERT INTO "device_athletes" VALUES('00000000000000b1',12648430,0,'714dc683d6cb44e09168a8f6aacf4c00');
CREATE TABLE device_calibrations (
        device_id TEXT NOT NULL,
        at_ms BIGINT NOT NULL,
        note TEXT NOT NULL,
        PRIMARY KEY (device_id, at_ms)
    );
CREATE TABLE device_commands (
        device_id TEXT NOT NULL,
        command_id TEXT NOT NULL,
        kind TEXT NOT NULL,
        created_ms BIGINT NOT NULL,
        done_ms BIGINT,                      -- NULL: waits for the device
        problem TEXT NOT NULL, detail TEXT NOT NULL DEFAULT '',
        PRIMARY KEY (device_id, command_id)
    );
CREATE TABLE device_signals (           -- how strongly a device was last heard
        device_id TEXT NOT NULL PRIMARY KEY,
        rssi_dbm INTEGER NOT NULL,
        heard_ms BIGINT NOT NULL
    );
CREATE TABLE devices (
        device_id TEXT NOT NULL PRIMARY KEY, -- 16 hex digits
        name TEXT NOT NULL,
        role TEXT NOT NULL,
        address TEXT NOT NULL,
        log_id BIGINT,                       -- the log it writes now
        head_seq BIGINT,                     -- the sequence number it will give next, when last seen
        boot INTEGER,
        plan_revision BIGINT NOT NULL,
        firmware TEXT NOT NULL,
        battery_percent INTEGER,
        battery_mv INTEGER,
        charging INTEGER,
        battery_log_id BIGINT,
        battery_seq BIGINT,                  -- the record that said so
        last_seen_ms BIGINT,
        last_sync_ms BIGINT,                 -- when everything the device had was last here
        problem TEXT NOT NULL                -- why the last sync ended early; empty: it did not
    , received_bytes BIGINT NOT NULL DEFAULT 0);
INSERT INTO "devices" VALUES('00000000000000b1','Band','band','',12648430,24,2,3,'0.1.0',80,3900,0,12648430,15,1795000000000,NULL,'',0);
CREATE TABLE encouragements (
        athlete_id TEXT NOT NULL,            -- to whom
        note_id TEXT NOT NULL,
        from_account TEXT NOT NULL,
        at_ms BIGINT NOT NULL,
        text TEXT NOT NULL,
        reported_ms BIGINT,                  -- NULL: not reported
        PRIMARY KEY (athlete_id, note_id)
    );
CREATE TABLE enrolments (
        athlete_id TEXT NOT NULL,
        enrolment_id TEXT NOT NULL,
        started_ms BIGINT NOT NULL,
        ended_ms BIGINT,
        programme TEXT NOT NULL,             -- JSON, as it was when it began
        loads TEXT NOT NULL,                 -- JSON: grams by exercise, to begin with
        PRIMARY KEY (athlete_id, enrolment_id)
    );
CREATE TABLE flags (                    -- records kept although something is odd about them
        device_id TEXT NOT NULL,
        log_id BIGINT NOT NULL,
        seq BIGINT NOT NULL,
        flag TEXT NOT NULL,
        detail TEXT NOT NULL,
        PRIMARY KEY (device_id, log_id, seq, flag)
    ) WITHOUT ROWID;
INSERT INTO "flags" VALUES('00000000000000b1',12648430,22,'unknown_type','type 99 version 7: update RepBeat');
INSERT INTO "flags" VALUES('00000000000000b1',12648430,23,'bad_payload','HEART v1 has 0 bytes where its layout has 6');
CREATE TABLE gaps (                     -- what the device no longer had when it was asked
        device_id TEXT NOT NULL,
        log_id BIGINT NOT NULL,
        first_seq BIGINT NOT NULL,
        next_seq BIGINT NOT NULL,
        why TEXT NOT NULL,
        noted_ms BIGINT NOT NULL,
        PRIMARY KEY (device_id, log_id, first_seq)
    ) WITHOUT ROWID;
INSERT INTO "gaps" VALUES('00000000000000b1',12648430,17,20,'overwritten before it was fetched',1795000000000);
CREATE TABLE group_figures (            -- published once, see aggregates.py
        gym_id TEXT NOT NULL,
        group_id TEXT NOT NULL,
        week TEXT NOT NULL,
        figure TEXT NOT NULL,
        part TEXT NOT NULL,
        mean DOUBLE PRECISION,               -- NULL: too few
        members INTEGER NOT NULL,
        PRIMARY KEY (gym_id, group_id, week, figure, part)
    );
CREATE TABLE group_invites (
        gym_id TEXT NOT NULL,
        group_id TEXT NOT NULL,
        invite_hash TEXT NOT NULL UNIQUE,
        role TEXT NOT NULL,
        created_ms BIGINT NOT NULL,
        until_ms BIGINT NOT NULL,
        uses_left INTEGER NOT NULL,
        PRIMARY KEY (gym_id, group_id, invite_hash)
    );
CREATE TABLE gym_devices (
        device_id TEXT NOT NULL PRIMARY KEY,
        gym_id TEXT NOT NULL
    );
CREATE TABLE gyms (
        gym_id TEXT NOT NULL PRIMARY KEY,
        name TEXT NOT NULL
    );
CREATE TABLE heart_keys (               -- each athlete's own key, wrapped by the master key
        athlete_id TEXT NOT NULL,            -- '': nobody's, for what is unclaimed
        key_id TEXT NOT NULL,
        wrapped BLOB NOT NULL,
        created_ms BIGINT NOT NULL,
        PRIMARY KEY (athlete_id, key_id)
    );
INSERT INTO "heart_keys" VALUES('714dc683d6cb44e09168a8f6aacf4c00','8bcc11cd72ca5c1a',X'59A74ADD3399DD4ECFC85272E4B0E104F25166BC24A58205431A7702761377350834BF842C7CAFBC39A7E5D10F88153C4E7CA99C783894C4570B0296',1795915764249);
CREATE TABLE imported_days (
            athlete_id TEXT NOT NULL,
            day TEXT NOT NULL,
            kind TEXT NOT NULL,
            source TEXT NOT NULL,
            sealed BLOB NOT NULL,
            PRIMARY KEY (athlete_id, day, kind, source)
        ) WITHOUT ROWID;
CREATE TABLE imported_sessions (
                athlete_id TEXT NOT NULL,
                import_id TEXT NOT NULL,
                source TEXT NOT NULL,
                sport TEXT NOT NULL,
                start_ms BIGINT NOT NULL,
                end_ms BIGINT NOT NULL,
                imported_ms BIGINT NOT NULL,
                heart BLOB NOT NULL,
                PRIMARY KEY (athlete_id, import_id)
            ) WITHOUT ROWID;
CREATE TABLE imported_sets (
                athlete_id TEXT NOT NULL,
                import_id TEXT NOT NULL,
                set_index INTEGER NOT NULL,
                start_ms BIGINT NOT NULL,
                duration_ms INTEGER NOT NULL,
                exercise INTEGER NOT NULL,
                reps INTEGER NOT NULL,
                load_g INTEGER NOT NULL,
                PRIMARY KEY (athlete_id, import_id, set_index)
            ) WITHOUT ROWID;
CREATE TABLE learned (
        athlete_id TEXT NOT NULL PRIMARY KEY,
        version INTEGER NOT NULL,
        first_day TEXT NOT NULL,
        through_day TEXT NOT NULL,
        inputs TEXT NOT NULL,                -- JSON: how many mornings, check-ins and sessions taught it
        sealed BLOB NOT NULL,                -- state: repbeat.coach.learn.person.Person
        updated_ms BIGINT NOT NULL
    );
CREATE TABLE live_now (                 -- one row for each device that a hub is connected to
        device_id TEXT NOT NULL PRIMARY KEY,
        hub TEXT NOT NULL,                   -- which process's, a name drawn at its start
        beat BIGINT NOT NULL,                -- moves while the hub lives, whatever its clock says
        sealed BLOB NOT NULL                 -- hub.board.State as JSON, with the wearer's key
    );
CREATE TABLE logs (
        device_id TEXT NOT NULL,
        log_id BIGINT NOT NULL,
        next_seq BIGINT NOT NULL,            -- the cursor: all below is stored or a named gap
        first_seen_ms BIGINT NOT NULL,
        PRIMARY KEY (device_id, log_id)
    );
INSERT INTO "logs" VALUES('00000000000000b1',12648430,24,1795000000000);
CREATE TABLE losses (                   -- the device's own account of what it overwrote
        device_id TEXT NOT NULL,
        log_id BIGINT NOT NULL,
        seq BIGINT NOT NULL,
        first_seq BIGINT NOT NULL,
        count BIGINT NOT NULL,
        what INTEGER NOT NULL,
        PRIMARY KEY (device_id, log_id, seq)
    ) WITHOUT ROWID;
INSERT INTO "losses" VALUES('00000000000000b1',12648430,16,0,0,1);
CREATE TABLE machine_claims (
        athlete_id TEXT NOT NULL,
        claim_id TEXT NOT NULL,
        machine_id TEXT NOT NULL,
        from_ms BIGINT NOT NULL,
        until_ms BIGINT,                      -- NULL: not given back; it ends by itself
        how TEXT NOT NULL,
        PRIMARY KEY (athlete_id, claim_id)
    );
CREATE TABLE machine_decisions (        -- a person said whose a set is
        device_id TEXT NOT NULL,
        log_id BIGINT NOT NULL,
        session_seq BIGINT NOT NULL,
        seq BIGINT NOT NULL,
        athlete_id TEXT,                      -- NULL: nobody's
        account_id TEXT NOT NULL,             -- who said so; '': the command line
        at_ms BIGINT NOT NULL,
        PRIMARY KEY (device_id, log_id, session_seq, seq)
    );
CREATE TABLE machine_evidence (         -- how well a wearable's session moved with a set
        device_id TEXT NOT NULL,
        log_id BIGINT NOT NULL,
        session_seq BIGINT NOT NULL,
        seq BIGINT NOT NULL,
        wearable_id TEXT NOT NULL,
        wearable_log_id BIGINT NOT NULL,
        wearable_session BIGINT NOT NULL,
        athlete_id TEXT NOT NULL,
        score DOUBLE PRECISION NOT NULL,
        PRIMARY KEY (device_id, log_id, session_seq, seq, wearable_id, wearable_log_id, wearable_session)
    );
CREATE TABLE machine_sensors (          -- which machine a sensor sits on, from when on
        device_id TEXT NOT NULL,
        from_ms BIGINT NOT NULL,
        machine_id TEXT,                      -- NULL: taken off
        PRIMARY KEY (device_id, from_ms)
    );
CREATE TABLE machine_sets (             -- whose is each set that a sensor on a machine counted
        device_id TEXT NOT NULL,
        log_id BIGINT NOT NULL,
        session_seq BIGINT NOT NULL,
        seq BIGINT NOT NULL,
        machine_id TEXT,                      -- NULL: the sensor sat nowhere
        start_ms BIGINT,                      -- NULL: no clock known for its boot
        end_ms BIGINT,
        athlete_id TEXT,                      -- NULL: the unclaimed pool
        how TEXT NOT NULL,                    -- by what, or why nobody's
        score DOUBLE PRECISION,
        margin DOUBLE PRECISION,
        PRIMARY KEY (device_id, log_id, session_seq, seq)
    );
CREATE TABLE machines (
        machine_id TEXT NOT NULL PRIMARY KEY, -- drawn; its QR code says no more than this
        gym_id TEXT NOT NULL,
        name TEXT NOT NULL,
        exercise INTEGER NOT NULL,            -- 0: several, or not said
        timeout_s INTEGER NOT NULL,           -- a claim ends so long after its last set
        created_ms BIGINT NOT NULL
    );
CREATE TABLE memberships (
        account_id TEXT NOT NULL,
        gym_id TEXT NOT NULL,
        group_id TEXT NOT NULL,              -- '': the gym as a whole
        role TEXT NOT NULL,                  -- athlete, coach, operator
        since_ms BIGINT NOT NULL,
        PRIMARY KEY (account_id, gym_id, group_id, role)
    );
CREATE TABLE mornings (
        athlete_id TEXT NOT NULL,
        day TEXT NOT NULL,
        source TEXT NOT NULL,
        heart BLOB NOT NULL,                 -- and the minutes asleep
        PRIMARY KEY (athlete_id, day, source)
    );
CREATE TABLE motivation (
        athlete_id TEXT NOT NULL PRIMARY KEY,
        hidden INTEGER NOT NULL,             -- 1: no streaks, badges and boards anywhere
        weekdays INTEGER NOT NULL,           -- training days where no programme says: bit 0 is Monday
        since_day TEXT NOT NULL              -- from when they hold
    );
CREATE TABLE near_duplicates (
                athlete_id TEXT NOT NULL,
                import_id TEXT NOT NULL,
                other TEXT NOT NULL,
                decided TEXT,
                decided_ms BIGINT,
                PRIMARY KEY (athlete_id, import_id, other)
            ) WITHOUT ROWID;
CREATE TABLE nicknames (                -- how an athlete is called in a group
        athlete_id TEXT NOT NULL,
        gym_id TEXT NOT NULL,
        group_id TEXT NOT NULL,
        nickname TEXT NOT NULL,
        PRIMARY KEY (athlete_id, gym_id, group_id)
    );
CREATE TABLE owners (                   -- whose data is it: the athlete's own account, or a guardian's
        athlete_id TEXT NOT NULL,
        account_id TEXT NOT NULL,
        since_ms BIGINT NOT NULL,
        PRIMARY KEY (athlete_id, account_id)
    );
CREATE TABLE plan_changes (
        athlete_id TEXT NOT NULL,
        revision BIGINT NOT NULL,
        number INTEGER NOT NULL,
        item INTEGER NOT NULL,
        exercise INTEGER NOT NULL,
        field TEXT NOT NULL,
        old BIGINT NOT NULL,
        new BIGINT NOT NULL,
        rule TEXT NOT NULL,
        version INTEGER NOT NULL,
        why TEXT NOT NULL,
        inputs TEXT NOT NULL,                -- JSON
        PRIMARY KEY (athlete_id, revision, number)
    );
CREATE TABLE plan_deliveries (          -- what a device said about a plan, read back from its log
        device_id TEXT NOT NULL,
        log_id BIGINT NOT NULL,
        seq BIGINT NOT NULL,
        revision BIGINT NOT NULL,
        previous_revision BIGINT NOT NULL,
        outcome INTEGER NOT NULL,
        reason INTEGER NOT NULL,
        digest8 TEXT NOT NULL,               -- first 8 bytes of the content's SHA-256, hex
        PRIMARY KEY (device_id, log_id, seq)
    );
CREATE TABLE planned_efforts (          -- how hard a session by a revision is meant to feel, 1-10
        athlete_id TEXT NOT NULL,
        revision BIGINT NOT NULL,
        rpe DOUBLE PRECISION NOT NULL,
        PRIMARY KEY (athlete_id, revision)
    );
CREATE TABLE planned_elsewhere (        -- workouts that a service plans for the athlete
        athlete_id TEXT NOT NULL,
        service TEXT NOT NULL,
        remote TEXT NOT NULL,
        day TEXT NOT NULL,
        name TEXT NOT NULL,
        description TEXT NOT NULL,
        duration_s INTEGER,
        PRIMARY KEY (athlete_id, service, remote)
    );
CREATE TABLE plans (
        athlete_id TEXT NOT NULL,
        revision BIGINT NOT NULL,
        previous_revision BIGINT,
        created_ms BIGINT NOT NULL,
        origin TEXT NOT NULL,                -- person, planner
        status TEXT NOT NULL,                -- proposed, pending, pushed, applied, refused, superseded
        reason TEXT NOT NULL,                -- why it was refused
        content BLOB NOT NULL,               -- repbeat_protocol.plan, as it goes to the device
        PRIMARY KEY (athlete_id, revision)
    );
CREATE TABLE preferences (              -- how an account likes its pages; '': as the browser says
        account_id TEXT NOT NULL PRIMARY KEY,
        language TEXT NOT NULL,
        units TEXT NOT NULL,                 -- kg, lb
        decimal_mark TEXT NOT NULL,
        week_start TEXT NOT NULL,
        zone TEXT NOT NULL
    , quiet_from TEXT NOT NULL DEFAULT '', quiet_until TEXT NOT NULL DEFAULT '');
CREATE TABLE programmes (               -- imported ones, beside the project's own
        programme_slug TEXT NOT NULL PRIMARY KEY,
        content TEXT NOT NULL
    );
CREATE TABLE proposal_acts (
        athlete_id TEXT NOT NULL,
        proposal_id TEXT NOT NULL,
        act_id TEXT NOT NULL,
        at_ms BIGINT NOT NULL,
        actor TEXT NOT NULL,
        act TEXT NOT NULL,                   -- approve, edit, reject, comment, lighter
        reason TEXT NOT NULL,
        old TEXT NOT NULL,                   -- JSON: the lines before
        new TEXT NOT NULL,                   -- JSON: the lines after
        PRIMARY KEY (athlete_id, proposal_id, act_id)
    );
CREATE TABLE proposals (
        athlete_id TEXT NOT NULL,
        proposal_id TEXT NOT NULL,
        day TEXT NOT NULL,
        expires TEXT NOT NULL,
        created_ms BIGINT NOT NULL,
        planner_version INTEGER NOT NULL,
        revision BIGINT,                     -- the plan that came of it; NULL: none
        sealed BLOB NOT NULL,
        PRIMARY KEY (athlete_id, proposal_id)
    );
CREATE TABLE recoveries (               -- how far the heart rate fell in the minute after a set
        device_id TEXT NOT NULL,
        log_id BIGINT NOT NULL,
        session_seq BIGINT NOT NULL,
        seq BIGINT NOT NULL,
        boot INTEGER NOT NULL,
        start_uptime_ms BIGINT NOT NULL,
        set_index INTEGER NOT NULL,
        drop_bpm INTEGER NOT NULL,
        PRIMARY KEY (device_id, log_id, session_seq, seq)
    ) WITHOUT ROWID;
CREATE TABLE recovery_cursors (         -- records of a log that have become mornings and check-ins
        device_id TEXT NOT NULL,
        log_id BIGINT NOT NULL,
        next_seq BIGINT NOT NULL,
        PRIMARY KEY (device_id, log_id)
    );
CREATE TABLE recovery_log (
        athlete_id TEXT NOT NULL,
        entry_id TEXT NOT NULL,
        day TEXT NOT NULL,
        modality TEXT NOT NULL,
        minutes INTEGER NOT NULL,
        note TEXT NOT NULL,
        PRIMARY KEY (athlete_id, entry_id)
    );
CREATE TABLE red_flags (
        athlete_id TEXT NOT NULL,
        flag_id TEXT NOT NULL,
        reported_ms BIGINT NOT NULL,
        cleared_ms BIGINT,
        cleared_by TEXT NOT NULL,
        sealed BLOB NOT NULL,
        PRIMARY KEY (athlete_id, flag_id)
    );
CREATE TABLE service_connections (
        athlete_id TEXT NOT NULL,
        service TEXT NOT NULL,
        settings TEXT NOT NULL,              -- JSON, nothing secret
        sealed_secret BLOB NOT NULL,         -- tokens, with the athlete's own key
        lookup TEXT NOT NULL,                -- hash of the secret of an address that others open; '': none
        since_ms BIGINT NOT NULL,
        state TEXT NOT NULL,                 -- connected, waiting, revoked
        problem TEXT NOT NULL,               -- why it waits, or was revoked
        tries INTEGER NOT NULL,              -- in a row that failed
        next_ms BIGINT NOT NULL,             -- not before
        PRIMARY KEY (athlete_id, service)
    );
CREATE TABLE service_items (            -- what was sent, so that nothing is sent twice
        athlete_id TEXT NOT NULL,
        service TEXT NOT NULL,
        item TEXT NOT NULL,                  -- session/…, wellness/2026-11-25, state
        digest TEXT NOT NULL,                -- of the content that was sent
        state TEXT NOT NULL,                 -- sent, underway, refused
        remote TEXT NOT NULL,                -- the service's own name for it
        problem TEXT NOT NULL,
        at_ms BIGINT NOT NULL,
        PRIMARY KEY (athlete_id, service, item)
    );
CREATE TABLE session_surroundings (     -- what somebody entered of where a session was
        device_id TEXT NOT NULL,
        log_id BIGINT NOT NULL,
        session_seq BIGINT NOT NULL,
        temperature_c DOUBLE PRECISION,      -- NULL: not known
        altitude_m DOUBLE PRECISION,
        noted_ms BIGINT NOT NULL,
        PRIMARY KEY (device_id, log_id, session_seq)
    );
CREATE TABLE session_values (           -- derived, each by a formula of a version
        device_id TEXT NOT NULL,
        log_id BIGINT NOT NULL,
        session_seq BIGINT NOT NULL,
        formula TEXT NOT NULL,
        version INTEGER NOT NULL,
        value TEXT NOT NULL,                 -- JSON
        PRIMARY KEY (device_id, log_id, session_seq, formula)
    ) WITHOUT ROWID;
INSERT INTO "session_values" VALUES('00000000000000b1',12648430,1,'session_summary',2,'{"sets":2,"reps":6,"rejected":0,"volume_kg":360.0,"rest_mean_s":90,"heart":{"zones_s":[10,20,30,40,5,0],"trimp":12.34,"strain":6.1,"strain_version":1,"muscular":5.5,"resting_bpm":60,"max_bpm":190}}');
CREATE TABLE sessions (
        device_id TEXT NOT NULL,
        log_id BIGINT NOT NULL,
        session_seq BIGINT NOT NULL,
        athlete_id TEXT,                     -- NULL: unclaimed
        start_seq BIGINT,                    -- NULL: its SESSION start record is not here
        end_seq BIGINT,                      -- NULL: it has not ended
        boot INTEGER NOT NULL,               -- of its start
        uptime_ms BIGINT NOT NULL,
        end_boot INTEGER,
        end_uptime_ms BIGINT,
        start_ms BIGINT,                     -- NULL: no clock known for its boot
        utc_offset_min INTEGER,
        uncertainty_ms INTEGER,
        duration_s BIGINT,
        plan_revision BIGINT NOT NULL,
        resting_bpm INTEGER NOT NULL,        -- latched by the device at the start
        max_bpm INTEGER NOT NULL,
        rpe INTEGER, first_seq BIGINT NOT NULL DEFAULT 0, last_seq BIGINT NOT NULL DEFAULT 0,                         -- NULL: not asked or not answered
        PRIMARY KEY (device_id, log_id, session_seq)
    );
INSERT INTO "sessions" VALUES('00000000000000b1',12648430,1,'714dc683d6cb44e09168a8f6aacf4c00',1,13,1,5000,1,100000,1794996285000,60,25,95,3,60,190,7,1,13);
INSERT INTO "sessions" VALUES('00000000000000b1',12648430,20,'714dc683d6cb44e09168a8f6aacf4c00',20,NULL,2,1000,NULL,NULL,NULL,NULL,NULL,NULL,3,60,190,NULL,20,21);
CREATE TABLE sets (
        device_id TEXT NOT NULL,
        log_id BIGINT NOT NULL,
        session_seq BIGINT NOT NULL,
        seq BIGINT NOT NULL,
        boot INTEGER NOT NULL,
        end_uptime_ms BIGINT NOT NULL,
        set_index INTEGER NOT NULL,
        plan_revision BIGINT NOT NULL,
        plan_item INTEGER,                   -- NULL: not from a plan
        exercise INTEGER NOT NULL,
        reps INTEGER NOT NULL,
        reps_low INTEGER NOT NULL,
        reps_high INTEGER NOT NULL,
        rejected INTEGER NOT NULL,
        load_g BIGINT NOT NULL,
        duration_ms BIGINT NOT NULL,
        rest_before_s INTEGER NOT NULL,
        velocity_loss_permille INTEGER NOT NULL,
        form_partial INTEGER NOT NULL,
        form_fast INTEGER NOT NULL,
        form_turn INTEGER NOT NULL,
        form_uneven INTEGER NOT NULL,
        form_abrupt INTEGER NOT NULL,
        form_asymmetric INTEGER NOT NULL,
        end_reason INTEGER NOT NULL,
        PRIMARY KEY (device_id, log_id, session_seq, seq)
    ) WITHOUT ROWID;
INSERT INTO "sets" VALUES('00000000000000b1',12648430,1,5,1,18500,0,3,0,2,3,6,8,0,60000,30000,90,150,0,0,0,0,0,0,1);
INSERT INTO "sets" VALUES('00000000000000b1',12648430,1,9,1,78500,1,3,0,2,3,6,8,0,60000,30000,90,150,0,0,0,0,0,0,1);
CREATE TABLE shared_events (
        code TEXT NOT NULL,
        member_id TEXT NOT NULL,
        counter BIGINT NOT NULL,             -- the member's companion's
        at_ms BIGINT NOT NULL,
        number BIGINT,                       -- the host's; NULL: it has it not yet
        report TEXT NOT NULL,
        PRIMARY KEY (code, member_id, counter)
    );
CREATE TABLE shared_members (
        code TEXT NOT NULL,
        member_id TEXT NOT NULL,
        nickname TEXT NOT NULL,
        language TEXT NOT NULL,
        companion TEXT NOT NULL,             -- its public key
        athlete_id TEXT,                     -- NULL: at home elsewhere
        leaving INTEGER NOT NULL,
        PRIMARY KEY (code, member_id)
    );
CREATE TABLE shared_sessions (
        code TEXT NOT NULL PRIMARY KEY,
        name TEXT NOT NULL,
        host TEXT NOT NULL,                  -- '': hosted here
        host_key TEXT NOT NULL,
        created_ms BIGINT NOT NULL,
        start_ms BIGINT,                     -- of this companion's clock
        ended_ms BIGINT,
        offset_ms BIGINT NOT NULL,           -- the host's clock minus this one
        seen_number BIGINT NOT NULL,
        problem TEXT NOT NULL
    , kind TEXT NOT NULL DEFAULT 'training');
CREATE TABLE sign_in_failures (
        subject TEXT NOT NULL PRIMARY KEY,   -- hash of an account's name or of an address
        failures INTEGER NOT NULL,
        last_ms BIGINT NOT NULL
    );
CREATE TABLE sign_ins (                 -- browsers that are signed in
        account_id TEXT NOT NULL,
        secret_hash TEXT NOT NULL,
        created_ms BIGINT NOT NULL,
        seen_ms BIGINT NOT NULL,
        agent TEXT NOT NULL,
        PRIMARY KEY (account_id, secret_hash)
    );
CREATE TABLE strain (
        device_id TEXT NOT NULL,
        log_id BIGINT NOT NULL,
        session_seq BIGINT NOT NULL,
        seq BIGINT NOT NULL,
        resting_bpm INTEGER NOT NULL,
        max_bpm INTEGER NOT NULL,
        zone0_s BIGINT NOT NULL,
        zone1_s BIGINT NOT NULL,
        zone2_s BIGINT NOT NULL,
        zone3_s BIGINT NOT NULL,
        zone4_s BIGINT NOT NULL,
        zone5_s BIGINT NOT NULL,
        trimp_x100 BIGINT NOT NULL,
        strain_x10 INTEGER NOT NULL,
        strain_version INTEGER NOT NULL,
        muscular_x10 BIGINT NOT NULL,
        PRIMARY KEY (device_id, log_id, session_seq, seq)
    ) WITHOUT ROWID;
INSERT INTO "strain" VALUES('00000000000000b1',12648430,1,12,60,190,10,20,30,40,5,0,1234,61,1,55);
CREATE TABLE tokens (
        account_id TEXT NOT NULL,
        token_id TEXT NOT NULL,
        name TEXT NOT NULL,
        secret_hash TEXT NOT NULL,
        scopes TEXT NOT NULL,                -- separated by spaces
        created_ms BIGINT NOT NULL,
        until_ms BIGINT,                     -- NULL: no end
        used_ms BIGINT,
        PRIMARY KEY (account_id, token_id)
    );
CREATE TABLE training_groups (
        gym_id TEXT NOT NULL,
        group_id TEXT NOT NULL,
        name TEXT NOT NULL, workplace INTEGER NOT NULL DEFAULT 0,
        PRIMARY KEY (gym_id, group_id)
    );
CREATE TABLE vault_settings (
        name TEXT NOT NULL PRIMARY KEY,      -- salt: of the passphrase; check: tells a wrong master key
        value BLOB NOT NULL
    );
INSERT INTO "vault_settings" VALUES('salt',X'6FB806133AC1DE7C1E9F1B0F0D7E731A');
INSERT INTO "vault_settings" VALUES('check',X'FED35E7251D3D8DDA5FBE7975B5607E2FB9E4134D121677594D256C7AF7F40A92A96DA6792B69442EC');
CREATE TABLE visibility (               -- may only narrow what consent allows
        athlete_id TEXT NOT NULL,
        item TEXT NOT NULL,                  -- a kind of data, or a session
        level INTEGER NOT NULL,
        PRIMARY KEY (athlete_id, item)
    );
CREATE TABLE webhook_deliveries (
        account_id TEXT NOT NULL,
        webhook_id TEXT NOT NULL,
        delivery_id TEXT NOT NULL,
        athlete_id TEXT NOT NULL,
        event TEXT NOT NULL,
        body TEXT NOT NULL,
        tries INTEGER NOT NULL,
        next_ms BIGINT,                      -- NULL: delivered, or given up
        problem TEXT NOT NULL, queued_ms BIGINT, tried_ms BIGINT,
        PRIMARY KEY (account_id, webhook_id, delivery_id)
    );
CREATE TABLE webhooks (
        account_id TEXT NOT NULL,
        webhook_id TEXT NOT NULL,
        url TEXT NOT NULL,
        events TEXT NOT NULL,                -- separated by spaces
        sealed_secret BLOB NOT NULL,
        created_ms BIGINT NOT NULL, place TEXT NOT NULL DEFAULT '',
        PRIMARY KEY (account_id, webhook_id)
    );
CREATE INDEX sessions_by_athlete ON sessions (athlete_id, start_ms);
CREATE INDEX sessions_by_boot ON sessions (device_id, log_id, boot, uptime_ms);
CREATE INDEX blocks_by_heart ON blocks (device_id, log_id, boot, heart_until_ms)
       WHERE heart_until_ms IS NOT NULL;
CREATE INDEX owners_by_account ON owners (account_id);
CREATE INDEX sign_ins_by_secret ON sign_ins (secret_hash);
CREATE UNIQUE INDEX tokens_by_id ON tokens (token_id, account_id);
CREATE INDEX consents_by_grantee ON consents (grantee_kind, grantee);
CREATE INDEX webhook_deliveries_due ON webhook_deliveries (next_ms);
CREATE INDEX proposals_by_id ON proposals (proposal_id);
CREATE INDEX imported_by_time ON imported_sessions (athlete_id, start_ms);
CREATE INDEX machine_claims_by_machine ON machine_claims (machine_id, from_ms);
CREATE INDEX machine_sets_by_machine ON machine_sets (machine_id, start_ms);
CREATE INDEX machine_sets_by_athlete ON machine_sets (athlete_id, start_ms);
CREATE INDEX machine_sets_by_time ON machine_sets (start_ms);
CREATE INDEX machine_evidence_by_wearable
        ON machine_evidence (wearable_id, wearable_log_id, wearable_session);
CREATE INDEX sessions_by_start ON sessions (start_ms);
CREATE INDEX cardio_sessions_by_athlete ON cardio_sessions (athlete_id, start_ms);
CREATE INDEX service_connections_due ON service_connections (next_ms);
CREATE INDEX service_connections_by_lookup ON service_connections (lookup);
CREATE INDEX board_entries_by_group ON board_entries (gym_id, group_id, kind);
CREATE INDEX shared_members_by_athlete ON shared_members (athlete_id);
CREATE INDEX shared_events_by_number ON shared_events (code, number);
CREATE INDEX challenge_members_by_challenge ON challenge_members (challenge_id);
COMMIT;
