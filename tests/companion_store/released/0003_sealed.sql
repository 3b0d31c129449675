BEGIN TRANSACTION;
CREATE TABLE _sqlite_migrations (
    migration_set TEXT NOT NULL,
    name TEXT NOT NULL,
    applied_at TEXT NOT NULL,
    PRIMARY KEY (migration_set, name)
);
INSERT INTO "_sqlite_migrations" VALUES('repbeat','0001_first','2026-11-28 16:53:07.567123+00:00');
INSERT INTO "_sqlite_migrations" VALUES('repbeat','0002_blocks','2026-11-28 16:53:07.621652+00:00');
INSERT INTO "_sqlite_migrations" VALUES('people','0001_people','2026-11-28 16:53:07.631124+00:00');
INSERT INTO "_sqlite_migrations" VALUES('coach','0001_first','2026-11-28 16:53:07.643399+00:00');
INSERT INTO "_sqlite_migrations" VALUES('interop','0001_imports','2026-11-28 16:53:07.655872+00:00');
INSERT INTO "_sqlite_migrations" VALUES('sealing','0001_sealed','2026-11-28 16:53:07.659795+00:00');
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
INSERT INTO "athletes" VALUES('b7d72465b4334a3ebd92e35a862907b3','Ann',7,55,185,0,1795000000000);
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
INSERT INTO "blocks" VALUES('00000000000000b1',12648430,0,17,1,6000,96000,X'01789C6364646364E0620002462064606067146664E81006F1415C6620B6D9C70001FF591965181904D4C18A1918988038854181D98861034B0BF30BE608A60D2C0C0C510C60550FF410AA1871AADA608650C5844D151BA32A23838517541533D45666360E8602F12F4021835290AA69500732820D2D10648419CA88DB810E920855B81D28A0885085DB81334C18911DC888DB810C0C1C8C1A8C0C3B9AA01A6CF681C25E0488E58058038859A14A2F018DB765348745C98236A07226449430B131C483E498187919190E5C014A34E4CBBF5BC80832CC8681918791859161C50D20D7863F80818F91939161C21D460638600400587F37AE',X'80794C16666CB0C26751BE28779CE01AFECD42A3D138FBEAFEB5447A9F633850FF6BC0104CED3406688C8F4248B62B5C785FC9CDBFFD36A1EDC223356B2FCCE999850366457B0930A7A129F4A490180A6CB756C664');
INSERT INTO "blocks" VALUES('00000000000000b1',12648430,20,21,2,NULL,NULL,X'01789C636714666278C1CCC0C0C0280224400C9B7D0C10F01F0024E8031A',NULL);
INSERT INTO "blocks" VALUES('00000000000000b1',12648430,21,22,1,NULL,NULL,X'01789C6365946164D8C1CDC0C02002C44C409CC2A0C06CC4B081A585F9057304D3061606862806004EFD0544',NULL);
INSERT INTO "blocks" VALUES('00000000000000b1',12648430,22,24,2,NULL,NULL,X'01789C4B6697646258C0CFC0C0509E9158A290A890975A9E5AA490925A96999CAA909D975F5ECC0000A7C90A8D',X'80794C16666CB0C267D27266517F41E79723AF66A7F55767BE40FB26500BEEF8EB8A0BEB36878437EF49A93AC5F574E20435B536D9F80E7D');
CREATE TABLE check_ins (
        athlete_id TEXT NOT NULL,
        day TEXT NOT NULL,
        sleep INTEGER,                       -- 1-5, 5 the best; NULL: not answered
        fatigue INTEGER,
        soreness INTEGER,
        stress INTEGER,
        mood INTEGER,
        unwell INTEGER NOT NULL,
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
CREATE TABLE coaching (                 -- what holds for an athlete
        athlete_id TEXT NOT NULL PRIMARY KEY,
        bounds TEXT NOT NULL,                -- JSON
        health TEXT NOT NULL                 -- JSON: repbeat.coach.safety.Health
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
INSERT INTO "day_values" VALUES('b7d72465b4334a3ebd92e35a862907b3','2026-11-18','day_load',1,'{"sessions":1,"trimp":12.34,"srpe":11.1}');
CREATE TABLE device_athletes (          -- whose records are they, from which one on
        device_id TEXT NOT NULL,
        log_id BIGINT NOT NULL,
        first_seq BIGINT NOT NULL,
        athlete_id TEXT,                     -- NULL: nobody's
        PRIMARY KEY (device_id, log_id, first_seq)
    );
INSERT INTO "device_athletes" VALUES('00000000000000b1',12648430,0,'b7d72465b4334a3ebd92e35a862907b3');
CREATE TABLE device_commands (
        device_id TEXT NOT NULL,
        command_id TEXT NOT NULL,
        kind TEXT NOT NULL,
        created_ms BIGINT NOT NULL,
        done_ms BIGINT,                      -- NULL: waits for the device
        problem TEXT NOT NULL,
        PRIMARY KEY (device_id, command_id)
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
    );
INSERT INTO "devices" VALUES('00000000000000b1','Band','band','',12648430,24,2,3,'0.1.0',80,3900,0,12648430,15,1795000000000,NULL,'');
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
INSERT INTO "heart_keys" VALUES('b7d72465b4334a3ebd92e35a862907b3','794c16666cb0c267',X'17A511F4B0886BB8C661382529401C25F3EDCA7F3F536E359A233C497410BC2CF77192902DBC2441C3E77D8D3B414DA8181A45255281C308B22CB73B',1795884787757);
CREATE TABLE imported_days (
                athlete_id TEXT NOT NULL,
                day TEXT NOT NULL,
                kind TEXT NOT NULL,
                source TEXT NOT NULL,
                value DOUBLE PRECISION NOT NULL,
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
CREATE TABLE memberships (
        account_id TEXT NOT NULL,
        gym_id TEXT NOT NULL,
        group_id TEXT NOT NULL,              -- '': the gym as a whole
        role TEXT NOT NULL,                  -- athlete, coach, operator
        since_ms BIGINT NOT NULL,
        PRIMARY KEY (account_id, gym_id, group_id, role)
    );
CREATE TABLE mornings (                 -- a night or a morning minute; sources are never mixed
        athlete_id TEXT NOT NULL,
        day TEXT NOT NULL,                   -- the athlete's own calendar day on which it ended
        source TEXT NOT NULL,
        rmssd_ms DOUBLE PRECISION,
        resting_bpm DOUBLE PRECISION,
        asleep_min DOUBLE PRECISION,
        PRIMARY KEY (athlete_id, day, source)
    );
CREATE TABLE near_duplicates (
                athlete_id TEXT NOT NULL,
                import_id TEXT NOT NULL,
                other TEXT NOT NULL,
                decided TEXT,
                decided_ms BIGINT,
                PRIMARY KEY (athlete_id, import_id, other)
            ) WITHOUT ROWID;
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
        situation TEXT NOT NULL,             -- JSON: all that was known
        proposal TEXT NOT NULL,              -- JSON: what was decided
        PRIMARY KEY (athlete_id, proposal_id)
    );
CREATE TABLE recovery_cursors (         -- records of a log that have become mornings and check-ins
        device_id TEXT NOT NULL,
        log_id BIGINT NOT NULL,
        next_seq BIGINT NOT NULL,
        PRIMARY KEY (device_id, log_id)
    );
CREATE TABLE red_flags (
        athlete_id TEXT NOT NULL,
        flag_id TEXT NOT NULL,
        kind TEXT NOT NULL,
        reported_ms BIGINT NOT NULL,
        cleared_ms BIGINT,
        cleared_by TEXT NOT NULL,
        statement TEXT NOT NULL,
        PRIMARY KEY (athlete_id, flag_id)
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
INSERT INTO "sessions" VALUES('00000000000000b1',12648430,1,'b7d72465b4334a3ebd92e35a862907b3',1,13,1,5000,1,100000,1794996285000,60,25,95,3,60,190,7,1,13);
INSERT INTO "sessions" VALUES('00000000000000b1',12648430,20,'b7d72465b4334a3ebd92e35a862907b3',20,NULL,2,1000,NULL,NULL,NULL,NULL,NULL,NULL,3,60,190,NULL,20,21);
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
        name TEXT NOT NULL,
        PRIMARY KEY (gym_id, group_id)
    );
CREATE TABLE vault_settings (
        name TEXT NOT NULL PRIMARY KEY,      -- salt: of the passphrase; check: tells a wrong master key
        value BLOB NOT NULL
    );
INSERT INTO "vault_settings" VALUES('salt',X'899AFB9E3A21A1613CD8B5AFC49BFCA6');
INSERT INTO "vault_settings" VALUES('check',X'2720B816A8BAB9B5C2FF8A1D70F8CC28444CEE3B569A18B23A52D13CAABD14E2C485493276A9147A72');
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
        problem TEXT NOT NULL,
        PRIMARY KEY (account_id, webhook_id, delivery_id)
    );
CREATE TABLE webhooks (
        account_id TEXT NOT NULL,
        webhook_id TEXT NOT NULL,
        url TEXT NOT NULL,
        events TEXT NOT NULL,                -- separated by spaces
        sealed_secret BLOB NOT NULL,
        created_ms BIGINT NOT NULL,
        PRIMARY KEY (account_id, webhook_id)
    );
CREATE INDEX sessions_by_athlete ON sessions (athlete_id, start_ms);
CREATE INDEX sessions_by_boot ON sessions (device_id, log_id, boot, uptime_ms);
CREATE INDEX blocks_by_heart ON blocks (device_id, log_id, boot, heart_until_ms);
CREATE INDEX owners_by_account ON owners (account_id);
CREATE INDEX sign_ins_by_secret ON sign_ins (secret_hash);
CREATE UNIQUE INDEX tokens_by_id ON tokens (token_id, account_id);
CREATE INDEX consents_by_grantee ON consents (grantee_kind, grantee);
CREATE INDEX webhook_deliveries_due ON webhook_deliveries (next_ms);
CREATE INDEX proposals_by_id ON proposals (proposal_id);
CREATE INDEX imported_by_time ON imported_sessions (athlete_id, start_ms);
COMMIT;
