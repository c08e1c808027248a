-- active
SELECT run.workflow, run.campaign, run.priority, count(*) AS count_1
FROM run
WHERE run.state IN (...) GROUP BY run.workflow, run.campaign, run.priority;

-- end_alerts
UPDATE alert SET ended_at=:ended_at, ended_by=:ended_by WHERE alert.kind = :kind_1 AND alert.scope = :scope_1 AND alert.ended_at IS NULL;

-- knobs
SELECT knob.name, knob.kind, knob.scope, knob.value, knob.set_by, knob.set_at
FROM knob ORDER BY knob.name, knob.kind, knob.scope;

-- last_ended
SELECT max(alert.ended_at) AS max_1
FROM alert
WHERE alert.kind = :kind_1 AND alert.scope = :scope_1;

-- open_alerts
SELECT alert.id, alert.kind, alert.scope, alert.raised_at, alert.text, alert.details, alert.ended_at, alert.ended_by
FROM alert
WHERE alert.ended_at IS NULL ORDER BY alert.id;

-- order
INSERT INTO command (verb, kind, scope, value, requested_by, requested_at, reason, state, result, ended_at, digest) OUTPUT inserted.id VALUES (:verb, :kind, :scope, :value, :requested_by, :requested_at, :reason, :state, :result, :ended_at, :digest);

SELECT TOP ... command.digest
FROM command ORDER BY command.id DESC;

SELECT command.id, command.verb, command.kind, command.scope, command.run_id, command.value, command.requested_by, command.requested_at, command.reason, command.state, command.result, command.ended_at, command.filter, command.options, command.expires_at, command.total, command.done, command.failed, command.digest, command.end_digest
FROM command
WHERE command.id = :id_1;

UPDATE command SET end_digest=:end_digest WHERE command.id = :id_1;

UPDATE turn SET taken_by=:taken_by, taken_at=:taken_at WHERE turn.name = :name_1;

-- pauses
SELECT pause.kind, pause.scope, pause.paused_by, pause.paused_at, pause.reason, pause.probe_run, pause.probed_at
FROM pause ORDER BY pause.kind, pause.scope;

-- probing
UPDATE pause SET probe_run=:probe_run, probed_at=:probed_at WHERE pause.kind = :kind_1 AND pause.scope = :scope_1;

-- raise_alert
INSERT INTO alert (kind, scope, raised_at, text, details) OUTPUT inserted.id VALUES (:kind, :scope, :raised_at, :text, :details);

-- reset_knob
DELETE FROM knob WHERE knob.name = :name_1 AND knob.kind = :kind_1 AND knob.scope = :scope_1;

-- resume
DELETE FROM pause WHERE pause.kind = :kind_1 AND pause.scope = :scope_1;

-- rules
SELECT knob.name, knob.kind, knob.scope, knob.value, knob.set_by, knob.set_at
FROM knob ORDER BY knob.name, knob.kind, knob.scope;

SELECT pause.kind, pause.scope, pause.paused_by, pause.paused_at, pause.reason, pause.probe_run, pause.probed_at
FROM pause ORDER BY pause.kind, pause.scope;

SELECT run.workflow, run.campaign, run.priority, count(*) AS count_1
FROM run
WHERE run.state IN (...) GROUP BY run.workflow, run.campaign, run.priority;

-- set_knob
INSERT INTO knob (name, kind, scope, value, set_by, set_at) VALUES (:name, :kind, :scope, :value, :set_by, :set_at);

UPDATE knob SET value=:value, set_by=:set_by, set_at=:set_at WHERE knob.name = :name_1 AND knob.kind = :kind_1 AND knob.scope = :scope_1;

-- set_pause
INSERT INTO pause (kind, scope, paused_by, paused_at, reason, probe_run, probed_at) VALUES (:kind, :scope, :paused_by, :paused_at, :reason, :probe_run, :probed_at);

UPDATE pause SET paused_by=:paused_by, paused_at=:paused_at, reason=:reason, probe_run=:probe_run, probed_at=:probed_at WHERE pause.kind = :kind_1 AND pause.scope = :scope_1;

-- take_turn
UPDATE turn SET taken_by=:taken_by, taken_at=:taken_at WHERE turn.name = :name_1;
