BEGIN TRANSACTION;

CREATE TABLE alembic_version (
    version_num VARCHAR(32) NOT NULL,
    CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);

GO

-- Running upgrade  -> 0001

CREATE TABLE blackboard (
    global_job_id NVARCHAR(200) COLLATE Latin1_General_100_BIN2 NOT NULL,
    start_number INTEGER NOT NULL,
    state NVARCHAR(16) COLLATE Latin1_General_100_BIN2 NOT NULL,
    source NVARCHAR(16) COLLATE Latin1_General_100_BIN2 NOT NULL,
    observed_at DATETIME2(6) NOT NULL,
    run_id NVARCHAR(40) COLLATE Latin1_General_100_BIN2 NULL,
    dataset NVARCHAR(200) COLLATE Latin1_General_100_BIN2 NULL,
    owner NVARCHAR(200) COLLATE Latin1_General_100_BIN2 NULL,
    process_name NVARCHAR(200) COLLATE Latin1_General_100_BIN2 NULL,
    parent_name NVARCHAR(max) NULL,
    schedd NVARCHAR(200) COLLATE Latin1_General_100_BIN2 NULL,
    cluster INTEGER NULL,
    [proc] INTEGER NULL,
    dagman_cluster INTEGER NULL,
    host NVARCHAR(200) COLLATE Latin1_General_100_BIN2 NULL,
    start_time DATETIME2(6) NULL,
    completion_time DATETIME2(6) NULL,
    duration FLOAT NULL,
    exit_code INTEGER NULL,
    exit_signal INTEGER NULL,
    exit_reason NVARCHAR(max) NULL,
    hold_code INTEGER NULL,
    hold_subcode INTEGER NULL,
    hold_reason NVARCHAR(max) NULL,
    work_dir NVARCHAR(max) NULL,
    out NVARCHAR(max) NULL,
    err NVARCHAR(max) NULL,
    log NVARCHAR(max) NULL,
    classad VARBINARY(max) NULL,
    CONSTRAINT pk_blackboard PRIMARY KEY (global_job_id, start_number)
);

GO

CREATE INDEX ix_blackboard_dataset ON blackboard (dataset, start_time);

GO

CREATE INDEX ix_blackboard_owner ON blackboard (owner, start_time);

GO

CREATE INDEX ix_blackboard_run_id ON blackboard (run_id, process_name);

GO

CREATE INDEX ix_blackboard_start_time ON blackboard (start_time);

GO

CREATE INDEX ix_blackboard_state ON blackboard (state, start_time);

GO

CREATE TABLE daemon (
    name NVARCHAR(40) COLLATE Latin1_General_100_BIN2 NOT NULL,
    host NVARCHAR(200) COLLATE Latin1_General_100_BIN2 NOT NULL,
    pid INTEGER NOT NULL,
    version NVARCHAR(40) COLLATE Latin1_General_100_BIN2 NOT NULL,
    started_at DATETIME2(6) NOT NULL,
    heartbeat DATETIME2(6) NOT NULL,
    stopped_at DATETIME2(6) NULL,
    message NVARCHAR(max) NOT NULL CONSTRAINT df_daemon_message DEFAULT '',
    facts NVARCHAR(max) NOT NULL,
    CONSTRAINT pk_daemon PRIMARY KEY (name, host)
);

GO

CREATE TABLE dpq (
    id BIGINT NOT NULL IDENTITY,
    dataset NVARCHAR(200) COLLATE Latin1_General_100_BIN2 NOT NULL,
    workflow NVARCHAR(200) COLLATE Latin1_General_100_BIN2 NOT NULL,
    priority INTEGER NOT NULL,
    campaign NVARCHAR(200) COLLATE Latin1_General_100_BIN2 NOT NULL CONSTRAINT df_dpq_campaign DEFAULT '',
    parameters NVARCHAR(max) NOT NULL,
    state NVARCHAR(16) COLLATE Latin1_General_100_BIN2 NOT NULL,
    created_at DATETIME2(6) NOT NULL,
    created_by NVARCHAR(200) COLLATE Latin1_General_100_BIN2 NOT NULL,
    run_id NVARCHAR(40) COLLATE Latin1_General_100_BIN2 NULL,
    attempts INTEGER NOT NULL CONSTRAINT df_dpq_attempts DEFAULT '0',
    not_before DATETIME2(6) NULL,
    ended_at DATETIME2(6) NULL,
    error NVARCHAR(max) NULL,
    rescue_by NVARCHAR(200) COLLATE Latin1_General_100_BIN2 NULL,
    rescue_reason NVARCHAR(max) NULL,
    CONSTRAINT pk_dpq PRIMARY KEY (id)
);

GO

CREATE INDEX ix_dpq_claim ON dpq (state, priority DESC, id);

GO

CREATE INDEX ix_dpq_dataset_workflow ON dpq (dataset, workflow);

GO

CREATE TABLE run (
    id NVARCHAR(40) COLLATE Latin1_General_100_BIN2 NOT NULL,
    entry_id BIGINT NOT NULL,
    dataset NVARCHAR(200) COLLATE Latin1_General_100_BIN2 NOT NULL,
    workflow NVARCHAR(200) COLLATE Latin1_General_100_BIN2 NOT NULL,
    priority INTEGER NOT NULL,
    campaign NVARCHAR(200) COLLATE Latin1_General_100_BIN2 NOT NULL CONSTRAINT df_run_campaign DEFAULT '',
    owner NVARCHAR(200) COLLATE Latin1_General_100_BIN2 NOT NULL,
    parameters NVARCHAR(max) NOT NULL,
    state NVARCHAR(16) COLLATE Latin1_General_100_BIN2 NOT NULL,
    submission INTEGER NOT NULL,
    work_dir NVARCHAR(max) NOT NULL,
    dag_file NVARCHAR(max) NULL,
    template_digest NVARCHAR(64) COLLATE Latin1_General_100_BIN2 NULL,
    created_at DATETIME2(6) NOT NULL,
    ended_at DATETIME2(6) NULL,
    error NVARCHAR(max) NULL,
    CONSTRAINT pk_run PRIMARY KEY (id),
    CONSTRAINT fk_run_entry_id_dpq FOREIGN KEY(entry_id) REFERENCES dpq (id)
);

GO

CREATE INDEX ix_run_dataset ON run (dataset, created_at);

GO

CREATE INDEX ix_run_entry_id ON run (entry_id);

GO

CREATE INDEX ix_run_state ON run (state, created_at);

GO

CREATE TABLE submission (
    run_id NVARCHAR(40) COLLATE Latin1_General_100_BIN2 NOT NULL,
    number INTEGER NOT NULL,
    state NVARCHAR(16) COLLATE Latin1_General_100_BIN2 NOT NULL,
    claimed_by NVARCHAR(200) COLLATE Latin1_General_100_BIN2 NOT NULL,
    claimed_at DATETIME2(6) NOT NULL,
    requested_by NVARCHAR(200) COLLATE Latin1_General_100_BIN2 NOT NULL,
    reason NVARCHAR(max) NOT NULL CONSTRAINT df_submission_reason DEFAULT '',
    schedd NVARCHAR(200) COLLATE Latin1_General_100_BIN2 NULL,
    cluster INTEGER NULL,
    global_job_id NVARCHAR(200) COLLATE Latin1_General_100_BIN2 NULL,
    submitted_at DATETIME2(6) NULL,
    started_at DATETIME2(6) NULL,
    ended_at DATETIME2(6) NULL,
    exit_code INTEGER NULL,
    hold_reason NVARCHAR(max) NULL,
    nodes_total INTEGER NULL,
    nodes_done INTEGER NULL,
    nodes_failed INTEGER NULL,
    nodes_futile INTEGER NULL,
    CONSTRAINT pk_submission PRIMARY KEY (run_id, number),
    CONSTRAINT fk_submission_run_id_run FOREIGN KEY(run_id) REFERENCES run (id)
);

GO

CREATE INDEX ix_submission_schedd_cluster ON submission (schedd, cluster);

GO

CREATE INDEX ix_submission_state ON submission (state, claimed_by);

GO

INSERT INTO alembic_version (version_num) OUTPUT inserted.version_num VALUES ('0001');

GO

-- Running upgrade 0001 -> 0002

ALTER TABLE blackboard ADD told_at VARBINARY(max) NULL;

GO

UPDATE alembic_version SET version_num='0002' WHERE alembic_version.version_num = '0001';

GO

-- Running upgrade 0002 -> 0003

CREATE INDEX ix_dpq_lane ON dpq (state, workflow, campaign, priority DESC, id);

GO

CREATE INDEX ix_dpq_campaign ON dpq (campaign, state);

GO

CREATE INDEX ix_run_workflow ON run (workflow, ended_at);

GO

CREATE INDEX ix_run_campaign ON run (campaign, ended_at);

GO

CREATE TABLE campaign (
    name NVARCHAR(200) COLLATE Latin1_General_100_BIN2 NOT NULL,
    description NVARCHAR(max) NOT NULL CONSTRAINT df_campaign_description DEFAULT '',
    created_by NVARCHAR(200) COLLATE Latin1_General_100_BIN2 NOT NULL,
    created_at DATETIME2(6) NOT NULL,
    cancelled_by NVARCHAR(200) COLLATE Latin1_General_100_BIN2 NULL,
    cancelled_at DATETIME2(6) NULL,
    CONSTRAINT pk_campaign PRIMARY KEY (name)
);

GO

CREATE TABLE knob (
    name NVARCHAR(40) COLLATE Latin1_General_100_BIN2 NOT NULL,
    kind NVARCHAR(16) COLLATE Latin1_General_100_BIN2 NOT NULL,
    scope NVARCHAR(200) COLLATE Latin1_General_100_BIN2 NOT NULL,
    value FLOAT NOT NULL,
    set_by NVARCHAR(200) COLLATE Latin1_General_100_BIN2 NOT NULL,
    set_at DATETIME2(6) NOT NULL,
    CONSTRAINT pk_knob PRIMARY KEY (name, kind, scope)
);

GO

CREATE TABLE pause (
    kind NVARCHAR(16) COLLATE Latin1_General_100_BIN2 NOT NULL,
    scope NVARCHAR(200) COLLATE Latin1_General_100_BIN2 NOT NULL,
    paused_by NVARCHAR(200) COLLATE Latin1_General_100_BIN2 NOT NULL,
    paused_at DATETIME2(6) NOT NULL,
    reason NVARCHAR(max) NOT NULL,
    probe_run NVARCHAR(40) COLLATE Latin1_General_100_BIN2 NULL,
    probed_at DATETIME2(6) NULL,
    CONSTRAINT pk_pause PRIMARY KEY (kind, scope)
);

GO

CREATE TABLE command (
    id BIGINT NOT NULL IDENTITY,
    verb NVARCHAR(40) COLLATE Latin1_General_100_BIN2 NOT NULL,
    kind NVARCHAR(16) COLLATE Latin1_General_100_BIN2 NOT NULL CONSTRAINT df_command_kind DEFAULT '',
    scope NVARCHAR(200) COLLATE Latin1_General_100_BIN2 NOT NULL CONSTRAINT df_command_scope DEFAULT '',
    run_id NVARCHAR(40) COLLATE Latin1_General_100_BIN2 NULL,
    value FLOAT NULL,
    requested_by NVARCHAR(200) COLLATE Latin1_General_100_BIN2 NOT NULL,
    requested_at DATETIME2(6) NOT NULL,
    reason NVARCHAR(max) NOT NULL CONSTRAINT df_command_reason DEFAULT '',
    state NVARCHAR(16) COLLATE Latin1_General_100_BIN2 NOT NULL,
    result NVARCHAR(max) NOT NULL CONSTRAINT df_command_result DEFAULT '',
    ended_at DATETIME2(6) NULL,
    CONSTRAINT pk_command PRIMARY KEY (id)
);

GO

CREATE INDEX ix_command_state ON command (state, id);

GO

CREATE TABLE alert (
    id BIGINT NOT NULL IDENTITY,
    kind NVARCHAR(16) COLLATE Latin1_General_100_BIN2 NOT NULL,
    scope NVARCHAR(200) COLLATE Latin1_General_100_BIN2 NOT NULL,
    raised_at DATETIME2(6) NOT NULL,
    text NVARCHAR(max) NOT NULL,
    details NVARCHAR(max) NOT NULL,
    ended_at DATETIME2(6) NULL,
    ended_by NVARCHAR(200) COLLATE Latin1_General_100_BIN2 NULL,
    CONSTRAINT pk_alert PRIMARY KEY (id)
);

GO

CREATE INDEX ix_alert_ended_at ON alert (ended_at, id);

GO

CREATE TABLE turn (
    name NVARCHAR(40) COLLATE Latin1_General_100_BIN2 NOT NULL,
    taken_by NVARCHAR(200) COLLATE Latin1_General_100_BIN2 NOT NULL,
    taken_at DATETIME2(6) NULL,
    CONSTRAINT pk_turn PRIMARY KEY (name)
);

GO

SET IDENTITY_INSERT turn ON;

GO

INSERT INTO turn (name, taken_by) VALUES (N'claim', N'');

GO

SET IDENTITY_INSERT turn OFF;

GO

UPDATE alembic_version SET version_num='0003' WHERE alembic_version.version_num = '0002';

GO

-- Running upgrade 0003 -> 0004

DROP INDEX ix_blackboard_start_time ON blackboard;

GO

CREATE INDEX ix_blackboard_host ON blackboard (host, start_time);

GO

CREATE INDEX ix_blackboard_look ON blackboard (start_time, global_job_id, start_number, dataset, process_name, state, owner, exit_code, duration, completion_time);

GO

CREATE INDEX ix_blackboard_completion_time ON blackboard (completion_time, state, exit_code, exit_signal, process_name, duration, run_id);

GO

CREATE INDEX ix_run_ended_at ON run (ended_at, state, workflow, campaign);

GO

CREATE TABLE account (
    name NVARCHAR(200) COLLATE Latin1_General_100_BIN2 NOT NULL,
    role NVARCHAR(16) COLLATE Latin1_General_100_BIN2 NOT NULL,
    password NVARCHAR(max) NULL,
    created_at DATETIME2(6) NOT NULL,
    created_by NVARCHAR(200) COLLATE Latin1_General_100_BIN2 NOT NULL,
    disabled_at DATETIME2(6) NULL,
    last_login DATETIME2(6) NULL,
    preferences NVARCHAR(max) NOT NULL,
    CONSTRAINT pk_account PRIMARY KEY (name)
);

GO

CREATE TABLE token (
    id BIGINT NOT NULL IDENTITY,
    account NVARCHAR(200) COLLATE Latin1_General_100_BIN2 NOT NULL,
    label NVARCHAR(200) COLLATE Latin1_General_100_BIN2 NOT NULL,
    digest NVARCHAR(64) COLLATE Latin1_General_100_BIN2 NOT NULL,
    role NVARCHAR(16) COLLATE Latin1_General_100_BIN2 NOT NULL,
    created_at DATETIME2(6) NOT NULL,
    created_by NVARCHAR(200) COLLATE Latin1_General_100_BIN2 NOT NULL,
    expires_at DATETIME2(6) NULL,
    last_used_at DATETIME2(6) NULL,
    revoked_at DATETIME2(6) NULL,
    CONSTRAINT pk_token PRIMARY KEY (id),
    CONSTRAINT fk_token_account_account FOREIGN KEY(account) REFERENCES account (name)
);

GO

CREATE UNIQUE INDEX ix_token_digest ON token (digest);

GO

CREATE INDEX ix_token_account ON token (account);

GO

CREATE TABLE saved_view (
    id BIGINT NOT NULL IDENTITY,
    account NVARCHAR(200) COLLATE Latin1_General_100_BIN2 NOT NULL,
    page NVARCHAR(40) COLLATE Latin1_General_100_BIN2 NOT NULL,
    title NVARCHAR(200) COLLATE Latin1_General_100_BIN2 NOT NULL,
    query NVARCHAR(max) NOT NULL,
    shared INTEGER NOT NULL CONSTRAINT df_saved_view_shared DEFAULT '0',
    created_at DATETIME2(6) NOT NULL,
    CONSTRAINT pk_saved_view PRIMARY KEY (id),
    CONSTRAINT fk_saved_view_account_account FOREIGN KEY(account) REFERENCES account (name)
);

GO

CREATE UNIQUE INDEX ix_saved_view_account ON saved_view (account, page, title);

GO

CREATE INDEX ix_saved_view_page ON saved_view (page, shared);

GO

CREATE TABLE audit (
    id BIGINT NOT NULL IDENTITY,
    at DATETIME2(6) NOT NULL,
    actor NVARCHAR(200) COLLATE Latin1_General_100_BIN2 NOT NULL,
    verb NVARCHAR(40) COLLATE Latin1_General_100_BIN2 NOT NULL,
    scope NVARCHAR(200) COLLATE Latin1_General_100_BIN2 NOT NULL CONSTRAINT df_audit_scope DEFAULT '',
    reason NVARCHAR(max) NOT NULL CONSTRAINT df_audit_reason DEFAULT '',
    result NVARCHAR(max) NOT NULL CONSTRAINT df_audit_result DEFAULT '',
    CONSTRAINT pk_audit PRIMARY KEY (id)
);

GO

CREATE INDEX ix_audit_at ON audit (at, id);

GO

UPDATE alembic_version SET version_num='0004' WHERE alembic_version.version_num = '0003';

GO

-- Running upgrade 0004 -> 0005

CREATE TABLE bundle (
    id NVARCHAR(40) COLLATE Latin1_General_100_BIN2 NOT NULL,
    workflow NVARCHAR(200) COLLATE Latin1_General_100_BIN2 NOT NULL,
    priority INTEGER NOT NULL,
    directory NVARCHAR(max) NOT NULL,
    created_at DATETIME2(6) NOT NULL,
    CONSTRAINT pk_bundle PRIMARY KEY (id)
);

GO

ALTER TABLE submission ADD bundle_id NVARCHAR(40) COLLATE Latin1_General_100_BIN2 NULL;

GO

CREATE INDEX ix_submission_bundle_id ON submission (bundle_id);

GO

UPDATE alembic_version SET version_num='0005' WHERE alembic_version.version_num = '0004';

GO

-- Running upgrade 0005 -> 0006

ALTER TABLE dpq ADD rescue_owner NVARCHAR(200) COLLATE Latin1_General_100_BIN2 NULL;

GO

ALTER TABLE command ADD filter NVARCHAR(max) NOT NULL CONSTRAINT df_command_filter DEFAULT '';

GO

ALTER TABLE command ADD options NVARCHAR(max) NULL;

GO

ALTER TABLE command ADD expires_at DATETIME2(6) NULL;

GO

ALTER TABLE command ADD total INTEGER NOT NULL CONSTRAINT df_command_total DEFAULT '0';

GO

ALTER TABLE command ADD done INTEGER NOT NULL CONSTRAINT df_command_done DEFAULT '0';

GO

ALTER TABLE command ADD failed INTEGER NOT NULL CONSTRAINT df_command_failed DEFAULT '0';

GO

ALTER TABLE command ADD digest NVARCHAR(64) COLLATE Latin1_General_100_BIN2 NOT NULL CONSTRAINT df_command_digest DEFAULT '';

GO

ALTER TABLE command ADD end_digest NVARCHAR(64) COLLATE Latin1_General_100_BIN2 NOT NULL CONSTRAINT df_command_end_digest DEFAULT '';

GO

UPDATE command SET state = 'failed', result = 'OWL was upgraded' WHERE state IN ('queued', 'running');

GO

CREATE TABLE command_target (
    command_id BIGINT NOT NULL,
    id INTEGER NOT NULL,
    kind NVARCHAR(8) COLLATE Latin1_General_100_BIN2 NOT NULL,
    name NVARCHAR(200) COLLATE Latin1_General_100_BIN2 NOT NULL,
    run_id NVARCHAR(40) COLLATE Latin1_General_100_BIN2 NULL,
    dataset NVARCHAR(200) COLLATE Latin1_General_100_BIN2 NULL,
    process_name NVARCHAR(200) COLLATE Latin1_General_100_BIN2 NULL,
    owner NVARCHAR(200) COLLATE Latin1_General_100_BIN2 NULL,
    schedd NVARCHAR(200) COLLATE Latin1_General_100_BIN2 NULL,
    number INTEGER NULL,
    taken_by NVARCHAR(200) COLLATE Latin1_General_100_BIN2 NULL,
    state NVARCHAR(16) COLLATE Latin1_General_100_BIN2 NOT NULL,
    result NVARCHAR(max) NOT NULL CONSTRAINT df_command_target_result DEFAULT '',
    ended_at DATETIME2(6) NULL,
    CONSTRAINT pk_command_target PRIMARY KEY (command_id, id),
    CONSTRAINT fk_command_target_command_id_command FOREIGN KEY(command_id) REFERENCES command (id)
);

GO

CREATE INDEX ix_command_target_state ON command_target (state, schedd);

GO

CREATE INDEX ix_command_target_run_id ON command_target (run_id, command_id);

GO

SET IDENTITY_INSERT turn ON;

GO

INSERT INTO turn (name, taken_by) VALUES (N'audit', N'');

GO

SET IDENTITY_INSERT turn OFF;

GO

UPDATE alembic_version SET version_num='0006' WHERE alembic_version.version_num = '0005';

GO

-- Running upgrade 0006 -> 0007

ALTER TABLE dpq ADD event_id BIGINT NULL;

GO

CREATE INDEX ix_dpq_event_id ON dpq (event_id);

GO

CREATE TABLE poller (
    name NVARCHAR(200) COLLATE Latin1_General_100_BIN2 NOT NULL,
    kind NVARCHAR(60) COLLATE Latin1_General_100_BIN2 NOT NULL,
    directory NVARCHAR(max) NOT NULL,
    host NVARCHAR(200) COLLATE Latin1_General_100_BIN2 NOT NULL,
    pid INTEGER NOT NULL,
    started_at DATETIME2(6) NOT NULL,
    looked_at DATETIME2(6) NOT NULL,
    stopped_at DATETIME2(6) NULL,
    message NVARCHAR(max) NOT NULL CONSTRAINT df_poller_message DEFAULT '',
    facts NVARCHAR(max) NOT NULL,
    paused_by NVARCHAR(200) COLLATE Latin1_General_100_BIN2 NULL,
    paused_at DATETIME2(6) NULL,
    pause_reason NVARCHAR(max) NOT NULL CONSTRAINT df_poller_pause_reason DEFAULT '',
    scan_asked_at DATETIME2(6) NULL,
    scan_asked_by NVARCHAR(200) COLLATE Latin1_General_100_BIN2 NULL,
    CONSTRAINT pk_poller PRIMARY KEY (name)
);

GO

CREATE TABLE poller_event (
    id BIGINT NOT NULL IDENTITY,
    poller NVARCHAR(200) COLLATE Latin1_General_100_BIN2 NOT NULL,
    path NVARCHAR(max) NOT NULL,
    path_key NVARCHAR(64) COLLATE Latin1_General_100_BIN2 NOT NULL,
    size BIGINT NOT NULL,
    mtime_ns BIGINT NOT NULL,
    mark NVARCHAR(64) COLLATE Latin1_General_100_BIN2 NOT NULL,
    digest NVARCHAR(64) COLLATE Latin1_General_100_BIN2 NOT NULL,
    [identity] NVARCHAR(64) COLLATE Latin1_General_100_BIN2 NOT NULL,
    state NVARCHAR(16) COLLATE Latin1_General_100_BIN2 NOT NULL,
    seen_at DATETIME2(6) NOT NULL,
    entries INTEGER NOT NULL CONSTRAINT df_poller_event_entries DEFAULT '0',
    destination NVARCHAR(max) NOT NULL CONSTRAINT df_poller_event_destination DEFAULT '',
    reason NVARCHAR(max) NOT NULL CONSTRAINT df_poller_event_reason DEFAULT '',
    inserted_at DATETIME2(6) NULL,
    settled_at DATETIME2(6) NULL,
    CONSTRAINT pk_poller_event PRIMARY KEY (id)
);

GO

CREATE UNIQUE INDEX uq_poller_event_identity ON poller_event ([identity]);

GO

CREATE INDEX ix_poller_event_path_key ON poller_event (path_key);

GO

CREATE INDEX ix_poller_event_poller ON poller_event (poller, state, id);

GO

UPDATE alembic_version SET version_num='0007' WHERE alembic_version.version_num = '0006';

GO

-- Running upgrade 0007 -> 0008

CREATE TABLE association (
    name NVARCHAR(200) COLLATE Latin1_General_100_BIN2 NOT NULL,
    workflow NVARCHAR(200) COLLATE Latin1_General_100_BIN2 NOT NULL,
    member_workflow NVARCHAR(200) COLLATE Latin1_General_100_BIN2 NOT NULL,
    state NVARCHAR(16) COLLATE Latin1_General_100_BIN2 NOT NULL,
    created_at DATETIME2(6) NOT NULL,
    created_by NVARCHAR(200) COLLATE Latin1_General_100_BIN2 NOT NULL,
    changed_at DATETIME2(6) NOT NULL,
    priority INTEGER NOT NULL,
    campaign NVARCHAR(200) COLLATE Latin1_General_100_BIN2 NOT NULL CONSTRAINT df_association_campaign DEFAULT '',
    parameters NVARCHAR(max) NOT NULL,
    member_parameter NVARCHAR(200) COLLATE Latin1_General_100_BIN2 NOT NULL,
    deadline DATETIME2(6) NULL,
    at_least INTEGER NOT NULL,
    remake NVARCHAR(16) COLLATE Latin1_General_100_BIN2 NOT NULL,
    watched BIT NOT NULL,
    round INTEGER NOT NULL,
    entry_id BIGINT NULL,
    event_id BIGINT NULL,
    reason NVARCHAR(max) NOT NULL CONSTRAINT df_association_reason DEFAULT '',
    CONSTRAINT pk_association PRIMARY KEY (name)
);

GO

CREATE INDEX ix_association_watched ON association (watched, state);

GO

CREATE TABLE association_member (
    association NVARCHAR(200) COLLATE Latin1_General_100_BIN2 NOT NULL,
    dataset NVARCHAR(200) COLLATE Latin1_General_100_BIN2 NOT NULL,
    position INTEGER NOT NULL,
    used_id BIGINT NULL,
    CONSTRAINT pk_association_member PRIMARY KEY (association, dataset),
    CONSTRAINT fk_association_member_association_association FOREIGN KEY(association) REFERENCES association (name)
);

GO

CREATE INDEX ix_association_member_dataset ON association_member (dataset);

GO

UPDATE alembic_version SET version_num='0008' WHERE alembic_version.version_num = '0007';

GO

-- Running upgrade 0008 -> 0009

CREATE TABLE failure (
    global_job_id NVARCHAR(200) COLLATE Latin1_General_100_BIN2 NOT NULL,
    start_number INTEGER NOT NULL,
    run_id NVARCHAR(40) COLLATE Latin1_General_100_BIN2 NULL,
    dataset NVARCHAR(200) COLLATE Latin1_General_100_BIN2 NULL,
    host NVARCHAR(200) COLLATE Latin1_General_100_BIN2 NULL,
    failed_at DATETIME2(6) NOT NULL,
    cause NVARCHAR(16) COLLATE Latin1_General_100_BIN2 NOT NULL,
    step NVARCHAR(200) COLLATE Latin1_General_100_BIN2 NOT NULL CONSTRAINT df_failure_step DEFAULT '',
    exit_code INTEGER NULL,
    exit_signal INTEGER NULL,
    hold_code INTEGER NULL,
    says NVARCHAR(200) COLLATE Latin1_General_100_BIN2 NOT NULL CONSTRAINT df_failure_says DEFAULT '',
    line NVARCHAR(max) NOT NULL CONSTRAINT df_failure_line DEFAULT '',
    CONSTRAINT pk_failure PRIMARY KEY (global_job_id, start_number)
);

GO

CREATE INDEX ix_failure_run_id ON failure (run_id);

GO

CREATE INDEX ix_failure_cause ON failure (cause, failed_at);

GO

CREATE INDEX ix_failure_failed_at ON failure (failed_at);

GO

UPDATE alembic_version SET version_num='0009' WHERE alembic_version.version_num = '0008';

GO

-- Running upgrade 0009 -> 0010

ALTER TABLE alert ADD told_at DATETIME2(6) NULL;

GO

ALTER TABLE campaign ADD finished_at DATETIME2(6) NULL;

GO

UPDATE alembic_version SET version_num='0010' WHERE alembic_version.version_num = '0009';

GO

-- Running upgrade 0010 -> 0011

ALTER TABLE blackboard ADD failed INTEGER NULL;

GO

UPDATE blackboard SET failed = 1 WHERE state IN ('Held', 'Lost', 'Aborted') OR (state = 'Exited' AND (exit_code <> 0 OR exit_code IS NULL));

GO

CREATE INDEX ix_blackboard_failed ON blackboard (start_time, global_job_id, start_number, dataset, process_name, state, owner, failed) WHERE failed IS NOT NULL;

GO

UPDATE alembic_version SET version_num='0011' WHERE alembic_version.version_num = '0010';

GO

COMMIT;

GO
