-- active
SELECT run.workflow, run.campaign, run.priority, count(*) AS count_1
FROM run
WHERE run.state IN (...) GROUP BY run.workflow, run.campaign, run.priority;

-- commands
SELECT TOP ... command.id, command.verb, command.kind, command.scope, command.run_id, command.value, command.requested_by, command.requested_at, command.reason, command.state, command.result, command.ended_at
FROM command ORDER BY command.id DESC;

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

-- open_commands
SELECT command.id, command.verb, command.kind, command.scope, command.run_id, command.value, command.requested_by, command.requested_at, command.reason, command.state, command.result, command.ended_at
FROM command
WHERE command.state IN (...) ORDER BY command.id;

-- order
INSERT INTO command (verb, kind, scope, run_id, value, requested_by, requested_at, reason, state, ended_at) OUTPUT inserted.id VALUES (:verb, :kind, :scope, :run_id, :value, :requested_by, :requested_at, :reason, :state, :ended_at);

-- pauses
SELECT pause.kind, pause.scope, pause.paused_by, pause.paused_at, pause.reason, pause.probe_run, pause.probed_at
FROM pause ORDER BY pause.kind, pause.scope;

-- probing
UPDATE pause SET probe_run=:probe_run, probed_at=:probed_at WHERE pause.kind = :kind_1 AND pause.scope = :scope_1;

-- raise_alert
INSERT INTO alert (kind, scope, raised_at, text, details) OUTPUT inserted.id VALUES (:kind, :scope, :raised_at, :text, :details);

-- report
UPDATE command SET state=:state, result=:result, ended_at=:ended_at WHERE command.id = :id_1;

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

-- was_ordered
SELECT TOP ... command.id
FROM command
WHERE command.verb = :verb_1 AND command.run_id = :run_id_1 AND command.requested_at >= :requested_at_1;
