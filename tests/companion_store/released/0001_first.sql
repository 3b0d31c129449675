BEGIN TRANSACTION;
CREATE TABLE "_sqlite_migrations" (
   "id" INTEGER PRIMARY KEY,
   "migration_set" TEXT,
   "name" TEXT,
   "applied_at" TEXT
);
INSERT INTO "_sqlite_migrations" VALUES(1,'repbeat','0001_first','2026-11-26 00:33:08.915495+00:00');
CREATE TABLE athletes (
        athlete_id TEXT NOT NULL PRIMARY KEY,
        name TEXT NOT NULL UNIQUE,
        tag BIGINT NOT NULL UNIQUE,          -- 32 bits, names the athlete inside plans on devices
        resting_bpm INTEGER NOT NULL,        -- 0: not known
        max_bpm INTEGER NOT NULL,
        utc_offset_min INTEGER NOT NULL,
        created_ms BIGINT NOT NULL
    );
INSERT INTO "athletes" VALUES('a1','Ann',77,60,190,60,1795000000000);
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
CREATE TABLE day_values (
        athlete_id TEXT NOT NULL,
        day TEXT NOT NULL,                   -- the athlete's own calendar day, 2026-11-25
        formula TEXT NOT NULL,
        version INTEGER NOT NULL,
        value TEXT NOT NULL,
        PRIMARY KEY (athlete_id, day, formula)
    ) WITHOUT ROWID;
INSERT INTO "day_values" VALUES('a1','2026-11-18','day_load',1,'{"sessions":1,"trimp":12.34,"srpe":11.1}');
INSERT INTO "day_values" VALUES('a1','2026-11-18','day_trend',1,'{"fitness":0.29,"fatigue":1.643,"form":0.0,"warming_up":true}');
CREATE TABLE device_athletes (          -- whose records are they, from which one on
        device_id TEXT NOT NULL,
        log_id BIGINT NOT NULL,
        first_seq BIGINT NOT NULL,
        athlete_id TEXT,                     -- NULL: nobody's
        PRIMARY KEY (device_id, log_id, first_seq)
    );
INSERT INTO "device_athletes" VALUES('00000000000000b1',12648430,0,'a1');
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
INSERT INTO "devices" VALUES('00000000000000b1','Band','band','',12648430,40,2,3,'0.1.0',80,3900,0,12648430,15,1795000000000,NULL,'');
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
INSERT INTO "gaps" VALUES('00000000000000b1',12648430,17,20,'overwritten on the device before they were fetched',1795000000000);
CREATE TABLE heart_blocks (             -- when a HEART or RR record was; its samples stay there
        device_id TEXT NOT NULL,
        log_id BIGINT NOT NULL,
        boot INTEGER NOT NULL,
        uptime_ms BIGINT NOT NULL,           -- of its first sample
        seq BIGINT NOT NULL,
        type INTEGER NOT NULL,
        source INTEGER NOT NULL,
        samples INTEGER NOT NULL,
        duration_ms BIGINT NOT NULL,
        start_ms BIGINT,
        utc_offset_min INTEGER,
        uncertainty_ms INTEGER,
        PRIMARY KEY (device_id, log_id, boot, uptime_ms, seq)
    ) WITHOUT ROWID;
INSERT INTO "heart_blocks" VALUES('00000000000000b1',12648430,1,6000,10,3,1,90,90000,1794996286000,60,25);
INSERT INTO "heart_blocks" VALUES('00000000000000b1',12648430,1,92452,11,4,2,4,2348,1794996372452,60,21);
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
CREATE TABLE records (
        device_id TEXT NOT NULL,
        log_id BIGINT NOT NULL,
        seq BIGINT NOT NULL,
        type INTEGER NOT NULL,
        version INTEGER NOT NULL,
        boot INTEGER NOT NULL,
        uptime_ms BIGINT NOT NULL,
        raw BLOB NOT NULL,                   -- header, payload and CRC as they came
        PRIMARY KEY (device_id, log_id, seq)
    ) WITHOUT ROWID;
INSERT INTO "records" VALUES('00000000000000b1',12648430,0,1,1,1,10,X'01010601000A0000000001000100000083AF5DAC');
INSERT INTO "records" VALUES('00000000000000b1',12648430,1,7,1,1,5000,X'070113010088130000000101000000030000003CBE00000000000000FF2C8D39C6');
INSERT INTO "records" VALUES('00000000000000b1',12648430,2,5,1,1,10000,X'05011C010010270000000100000002000000640020033200B0048403E8035802B00400005A0045B2A066');
INSERT INTO "records" VALUES('00000000000000b1',12648430,3,5,1,1,12000,X'05011C0100E02E0000000100000002000001640020033200B0048403E8035802B00400005A00C3868252');
INSERT INTO "records" VALUES('00000000000000b1',12648430,4,5,1,1,14000,X'05011C0100B0360000000100000002000002640020033200B0048403E8035802B00400005A006DCD9A0E');
INSERT INTO "records" VALUES('00000000000000b1',12648430,5,6,1,1,19000,X'0601250100384A000000010000000300000002000000030608007017F4010000307500005A009600000000000000012319FCBF');
INSERT INTO "records" VALUES('00000000000000b1',12648430,6,5,1,1,70000,X'05011C010070110100000100000002000100640020033200B0048403E8035802B00400005A0044809741');
INSERT INTO "records" VALUES('00000000000000b1',12648430,7,5,1,1,72000,X'05011C010040190100000100000002000101640020033200B0048403E8035802B00400005A00F7B14C2D');
INSERT INTO "records" VALUES('00000000000000b1',12648430,8,5,1,1,74000,X'05011C010010210100000100000002000102640020033200B0048403E8035802B00400005A003C137D42');
INSERT INTO "records" VALUES('00000000000000b1',12648430,9,6,1,1,79000,X'06012501009834010000010000000300000002000100030608007017F4010000307500005A009600000000000000019A138CD7');
INSERT INTO "records" VALUES('00000000000000b1',12648430,10,3,1,1,95000,X'03011B01001873010000A85B01005A01F8C84210842108421084210842108421084210840012F639E1');
INSERT INTO "records" VALUES('00000000000000b1',12648430,11,4,1,1,95000,X'04010801001873010000C80002580214091D05F6A0FD');
INSERT INTO "records" VALUES('00000000000000b1',12648430,12,8,1,1,99000,X'0801280100B882010000010000003CBE0A000000140000001E000000280000000500000000000000D20400003D0137000000C8386546');
INSERT INTO "records" VALUES('00000000000000b1',12648430,13,7,1,1,100000,X'0701130100A0860100000201000000030000003CBE0206005F000000078C80AA50');
INSERT INTO "records" VALUES('00000000000000b1',12648430,14,2,1,1,120000,X'02010D0100C0D4010000806F1FEEA101000014003C0001AC9C5E74');
INSERT INTO "records" VALUES('00000000000000b1',12648430,15,12,1,1,121000,X'0C01040100A8D80100003C0F5000ABDC6683');
INSERT INTO "records" VALUES('00000000000000b1',12648430,16,14,1,1,122000,X'0E0109010090DC010000000000000000000001D9131AFD');
INSERT INTO "records" VALUES('00000000000000b1',12648430,20,7,1,2,1000,X'0701130200E8030000000114000000030000003CBE00000000000000FF250FBC13');
INSERT INTO "records" VALUES('00000000000000b1',12648430,21,5,1,1,3000,X'05011C0100B80B0000001400000002000000640020033200B0048403E8035802B00400005A001FE0266C');
INSERT INTO "records" VALUES('00000000000000b1',12648430,22,99,7,2,4000,X'6307190200A00F000000776861742061206E6577657220646576696365206B6E6F77735C0A6C7C');
INSERT INTO "records" VALUES('00000000000000b1',12648430,23,3,1,2,5000,X'0301000200881300000020522D7A');
CREATE TABLE reps (
        device_id TEXT NOT NULL,
        log_id BIGINT NOT NULL,
        session_seq BIGINT NOT NULL,
        seq BIGINT NOT NULL,
        boot INTEGER NOT NULL,
        end_uptime_ms BIGINT NOT NULL,
        set_index INTEGER NOT NULL,
        rep_index INTEGER NOT NULL,
        exercise INTEGER NOT NULL,
        concentric_ms INTEGER NOT NULL,
        pause_ms INTEGER NOT NULL,
        eccentric_ms INTEGER NOT NULL,
        range_mg INTEGER NOT NULL,
        range_permille INTEGER NOT NULL,
        mean_velocity_mm_s INTEGER NOT NULL,
        peak_velocity_mm_s INTEGER NOT NULL,
        form_bits INTEGER NOT NULL,
        confidence INTEGER NOT NULL,
        reject_reason INTEGER NOT NULL,      -- 0: counted
        PRIMARY KEY (device_id, log_id, session_seq, seq)
    ) WITHOUT ROWID;
INSERT INTO "reps" VALUES('00000000000000b1',12648430,1,2,1,9900,0,0,2,800,50,1200,900,1000,600,1200,0,90,0);
INSERT INTO "reps" VALUES('00000000000000b1',12648430,1,3,1,11900,0,1,2,800,50,1200,900,1000,600,1200,0,90,0);
INSERT INTO "reps" VALUES('00000000000000b1',12648430,1,4,1,13900,0,2,2,800,50,1200,900,1000,600,1200,0,90,0);
INSERT INTO "reps" VALUES('00000000000000b1',12648430,1,6,1,69900,1,0,2,800,50,1200,900,1000,600,1200,0,90,0);
INSERT INTO "reps" VALUES('00000000000000b1',12648430,1,7,1,71900,1,1,2,800,50,1200,900,1000,600,1200,0,90,0);
INSERT INTO "reps" VALUES('00000000000000b1',12648430,1,8,1,73900,1,2,2,800,50,1200,900,1000,600,1200,0,90,0);
INSERT INTO "reps" VALUES('00000000000000b1',12648430,20,21,1,2900,0,0,2,800,50,1200,900,1000,600,1200,0,90,0);
CREATE TABLE session_values (           -- derived, each by a formula of a version
        device_id TEXT NOT NULL,
        log_id BIGINT NOT NULL,
        session_seq BIGINT NOT NULL,
        formula TEXT NOT NULL,
        version INTEGER NOT NULL,
        value TEXT NOT NULL,                 -- JSON
        PRIMARY KEY (device_id, log_id, session_seq, formula)
    ) WITHOUT ROWID;
INSERT INTO "session_values" VALUES('00000000000000b1',12648430,1,'session_summary',1,'{"sets":2,"reps":6,"rejected":0,"volume_kg":360.0,"rest_mean_s":90,"by_set":[{"set_index":0,"exercise":"squat","reps":3,"target":[6,8],"load_kg":60.0,"concentric_ms":800,"eccentric_ms":1200,"range_mg":900,"range_permille":1000,"mean_velocity_mm_s":600,"velocity_loss_percent":15.0},{"set_index":1,"exercise":"squat","reps":3,"target":[6,8],"load_kg":60.0,"concentric_ms":800,"eccentric_ms":1200,"range_mg":900,"range_permille":1000,"mean_velocity_mm_s":600,"velocity_loss_percent":15.0}],"heart":{"zones_s":[10,20,30,40,5,0],"trimp":12.34,"strain":6.1,"strain_version":1,"muscular":5.5,"resting_bpm":60,"max_bpm":190}}');
INSERT INTO "session_values" VALUES('00000000000000b1',12648430,20,'session_summary',1,'{"sets":0,"reps":0,"rejected":0,"volume_kg":0.0,"rest_mean_s":null,"by_set":[],"heart":null}');
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
        rpe INTEGER,                         -- NULL: not asked or not answered
        PRIMARY KEY (device_id, log_id, session_seq)
    );
INSERT INTO "sessions" VALUES('00000000000000b1',12648430,1,'a1',1,13,1,5000,1,100000,1794996285000,60,25,95,3,60,190,7);
INSERT INTO "sessions" VALUES('00000000000000b1',12648430,20,'a1',20,NULL,2,1000,NULL,NULL,NULL,NULL,NULL,NULL,3,60,190,NULL);
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
CREATE UNIQUE INDEX "idx__sqlite_migrations_migration_set_name"
    ON "_sqlite_migrations" ("migration_set", "name");
CREATE INDEX sessions_by_athlete ON sessions (athlete_id, start_ms);
CREATE INDEX sessions_by_boot ON sessions (device_id, log_id, boot, uptime_ms);
COMMIT;
