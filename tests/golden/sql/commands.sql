-- asked
SELECT TOP ... command.id
FROM command JOIN command_target ON command_target.command_id = command.id
WHERE command_target.run_id = :run_id_1 AND command_target.kind = :kind_1 AND command.verb = :verb_1 AND command.requested_at >= :requested_at_1 AND (command_target.state NOT IN (...));

-- being_done
SELECT command_target.run_id, command_target.command_id
FROM command_target JOIN command ON command.id = command_target.command_id
WHERE command_target.run_id IN (...) AND command.verb = :verb_1 AND command_target.state IN (...);

-- expire
SELECT TOP ... command_target.result
FROM command_target
WHERE command_target.command_id = :command_id_1 AND command_target.state IN (...) ORDER BY command_target.id;

SELECT command.id
FROM command
WHERE command.state = :state_1 AND command.expires_at < :expires_at_1;

SELECT command.id, command.verb, command.kind, command.scope, command.run_id, command.value, command.requested_by, command.requested_at, command.reason, command.state, command.result, command.ended_at, command.filter, command.options, command.expires_at, command.total, command.done, command.failed, command.digest, command.end_digest
FROM command
WHERE command.id = :id_1;

SELECT command_target.state, count(*) AS count_1
FROM command_target
WHERE command_target.command_id = :command_id_1 GROUP BY command_target.state;

UPDATE command SET end_digest=:end_digest WHERE command.id = :id_1;

UPDATE command SET state=:state, result=:result, ended_at=:ended_at, done=:done, failed=:failed WHERE command.id = :id_1 AND command.state IN (...);

UPDATE command_target SET state=:state, result=:result, ended_at=:ended_at WHERE command_target.command_id = :command_id_1 AND command_target.state = :state_1;

-- find
SELECT command.id, command.verb, command.kind, command.scope, command.run_id, command.value, command.requested_by, command.requested_at, command.reason, command.state, command.result, command.ended_at, command.filter, command.options, command.expires_at, command.total, command.done, command.failed, command.digest
FROM command
WHERE command.requested_by = :requested_by_1 ORDER BY command.id DESC
OFFSET :param_1 ROWS
FETCH FIRST :param_2 ROWS ONLY;

SELECT command.id, command.verb, command.kind, command.scope, command.run_id, command.value, command.requested_by, command.requested_at, command.reason, command.state, command.result, command.ended_at, command.filter, command.options, command.expires_at, command.total, command.done, command.failed, command.digest
FROM command
WHERE command.run_id = :run_id_1 OR command.id IN (SELECT command_target.command_id
FROM command_target
WHERE command_target.run_id = :run_id_2) ORDER BY command.id DESC
OFFSET :param_1 ROWS
FETCH FIRST :param_2 ROWS ONLY;

SELECT command.id, command.verb, command.kind, command.scope, command.run_id, command.value, command.requested_by, command.requested_at, command.reason, command.state, command.result, command.ended_at, command.filter, command.options, command.expires_at, command.total, command.done, command.failed, command.digest
FROM command
WHERE command.state IN (...) ORDER BY command.id DESC
OFFSET :param_1 ROWS
FETCH FIRST :param_2 ROWS ONLY;

SELECT command.id, command.verb, command.kind, command.scope, command.run_id, command.value, command.requested_by, command.requested_at, command.reason, command.state, command.result, command.ended_at, command.filter, command.options, command.expires_at, command.total, command.done, command.failed, command.digest
FROM command
WHERE command.verb IN (...) ORDER BY command.id DESC
OFFSET :param_1 ROWS
FETCH FIRST :param_2 ROWS ONLY;

SELECT command.id, command.verb, command.kind, command.scope, command.run_id, command.value, command.requested_by, command.requested_at, command.reason, command.state, command.result, command.ended_at, command.filter, command.options, command.expires_at, command.total, command.done, command.failed, command.digest
FROM command ORDER BY command.id DESC
OFFSET :param_1 ROWS
FETCH FIRST :param_2 ROWS ONLY;

-- get
SELECT command.id, command.verb, command.kind, command.scope, command.run_id, command.value, command.requested_by, command.requested_at, command.reason, command.state, command.result, command.ended_at, command.filter, command.options, command.expires_at, command.total, command.done, command.failed, command.digest
FROM command
WHERE command.id = :id_1;

-- of
SELECT command.id, command.verb, command.kind, command.scope, command.run_id, command.value, command.requested_by, command.requested_at, command.reason, command.state, command.result, command.ended_at, command.filter, command.options, command.expires_at, command.total, command.done, command.failed, command.digest
FROM command
WHERE command.id IN (...);

-- open_targets
SELECT TOP ... command_target.command_id, command_target.id, command_target.kind, command_target.name, command_target.run_id, command_target.dataset, command_target.process_name, command_target.owner, command_target.schedd, command_target.number, command_target.taken_by, command_target.state, command_target.result, command_target.ended_at
FROM command_target JOIN command ON command.id = command_target.command_id
WHERE command_target.state IN (...) AND command.verb IN (...) AND command_target.owner = :owner_1 ORDER BY command_target.command_id, command_target.id;

SELECT TOP ... command_target.command_id, command_target.id, command_target.kind, command_target.name, command_target.run_id, command_target.dataset, command_target.process_name, command_target.owner, command_target.schedd, command_target.number, command_target.taken_by, command_target.state, command_target.result, command_target.ended_at
FROM command_target JOIN command ON command.id = command_target.command_id
WHERE command_target.state IN (...) AND command.verb IN (...) AND command_target.schedd = :schedd_1 ORDER BY command_target.command_id, command_target.id;

SELECT TOP ... command_target.command_id, command_target.id, command_target.kind, command_target.name, command_target.run_id, command_target.dataset, command_target.process_name, command_target.owner, command_target.schedd, command_target.number, command_target.taken_by, command_target.state, command_target.result, command_target.ended_at
FROM command_target JOIN command ON command.id = command_target.command_id
WHERE command_target.state IN (...) AND command.verb IN (...) ORDER BY command_target.command_id, command_target.id;

-- overdue
SELECT TOP ... command.id
FROM command
WHERE command.state = :state_1 AND command.expires_at < :expires_at_1;

-- report
INSERT INTO command (verb, run_id, value, requested_by, requested_at, reason, state, filter, options, expires_at, total, digest) OUTPUT inserted.id VALUES (:verb, :run_id, :value, :requested_by, :requested_at, :reason, :state, :filter, :options, :expires_at, :total, :digest);

INSERT INTO command_target (command_id, id, kind, name, run_id, dataset, process_name, owner, schedd, number, taken_by, state, result, ended_at) VALUES (:command_id, :id, :kind, :name, :run_id, :dataset, :process_name, :owner, :schedd, :number, :taken_by, :state, :result, :ended_at);

SELECT TOP ... command.digest
FROM command ORDER BY command.id DESC;

SELECT TOP ... command_target.result
FROM command_target
WHERE command_target.command_id = :command_id_1 AND command_target.state IN (...) ORDER BY command_target.id;

SELECT blackboard.global_job_id, blackboard.run_id, blackboard.dataset, blackboard.process_name, blackboard.owner, blackboard.schedd
FROM blackboard
WHERE blackboard.global_job_id IN (...) ORDER BY blackboard.start_number;

SELECT command.id, command.verb, command.kind, command.scope, command.run_id, command.value, command.requested_by, command.requested_at, command.reason, command.state, command.result, command.ended_at, command.filter, command.options, command.expires_at, command.total, command.done, command.failed, command.digest, command.end_digest
FROM command
WHERE command.id = :id_1;

SELECT command_target.command_id, command_target.id, command_target.kind, command_target.name, command_target.run_id, command_target.dataset, command_target.process_name, command_target.owner, command_target.schedd, command_target.number, command_target.taken_by, command_target.state, command_target.result, command_target.ended_at
FROM command_target
WHERE command_target.command_id = :command_id_1 ORDER BY command_target.id
OFFSET :param_1 ROWS
FETCH FIRST :param_2 ROWS ONLY;

SELECT command_target.state, count(*) AS count_1
FROM command_target
WHERE command_target.command_id = :command_id_1 GROUP BY command_target.state;

SELECT run.id, run.dataset, run.owner, run.submission, submission.schedd
FROM run LEFT OUTER JOIN submission ON submission.run_id = run.id AND submission.number = run.submission
WHERE run.id IN (...);

SELECT run.id, run.dataset, run.owner, run.submission, submission.schedd
FROM run LEFT OUTER JOIN submission ON submission.run_id = run.id AND submission.number = run.submission
WHERE run.id IN (SELECT anon_1.id
FROM (SELECT run.id AS id, row_number() OVER (PARTITION BY run.dataset ORDER BY run.created_at DESC, run.id DESC) AS age
FROM run
WHERE run.dataset IN (...)) AS anon_1
WHERE anon_1.age = :age_1);

UPDATE command SET done=:done, failed=:failed WHERE command.id = :id_1 AND command.state IN (...);

UPDATE command SET end_digest=:end_digest WHERE command.id = :id_1;

UPDATE command SET state=:state, result=:result, done=:done, failed=:failed WHERE command.id = :id_1 AND command.state IN (...);

UPDATE command SET state=:state, result=:result, ended_at=:ended_at, done=:done, failed=:failed WHERE command.id = :id_1 AND command.state IN (...);

UPDATE command_target SET state=:to, result=:words, ended_at=:at WHERE command_target.command_id = :key_command AND command_target.id = :key_id AND (command_target.state = :param_1 OR command_target.state = :param_2);

UPDATE turn SET taken_by=:taken_by, taken_at=:taken_at WHERE turn.name = :name_1;

-- request
INSERT INTO command (verb, run_id, value, requested_by, requested_at, reason, state, filter, options, expires_at, total, digest) OUTPUT inserted.id VALUES (:verb, :run_id, :value, :requested_by, :requested_at, :reason, :state, :filter, :options, :expires_at, :total, :digest);

INSERT INTO command_target (command_id, id, kind, name, run_id, dataset, process_name, owner, schedd, number, taken_by, state, result, ended_at) VALUES (:command_id, :id, :kind, :name, :run_id, :dataset, :process_name, :owner, :schedd, :number, :taken_by, :state, :result, :ended_at);

SELECT TOP ... command.digest
FROM command ORDER BY command.id DESC;

UPDATE turn SET taken_by=:taken_by, taken_at=:taken_at WHERE turn.name = :name_1;

-- take
INSERT INTO command (verb, run_id, value, requested_by, requested_at, reason, state, filter, options, expires_at, total, digest) OUTPUT inserted.id VALUES (:verb, :run_id, :value, :requested_by, :requested_at, :reason, :state, :filter, :options, :expires_at, :total, :digest);

INSERT INTO command_target (command_id, id, kind, name, run_id, dataset, process_name, owner, schedd, number, taken_by, state, result, ended_at) VALUES (:command_id, :id, :kind, :name, :run_id, :dataset, :process_name, :owner, :schedd, :number, :taken_by, :state, :result, :ended_at);

SELECT TOP ... command.digest
FROM command ORDER BY command.id DESC;

SELECT blackboard.global_job_id, blackboard.run_id, blackboard.dataset, blackboard.process_name, blackboard.owner, blackboard.schedd
FROM blackboard
WHERE blackboard.global_job_id IN (...) ORDER BY blackboard.start_number;

SELECT command_target.command_id, command_target.id, command_target.kind, command_target.name, command_target.run_id, command_target.dataset, command_target.process_name, command_target.owner, command_target.schedd, command_target.number, command_target.taken_by, command_target.state, command_target.result, command_target.ended_at
FROM command_target
WHERE command_target.command_id = :command_id_1 ORDER BY command_target.id
OFFSET :param_1 ROWS
FETCH FIRST :param_2 ROWS ONLY;

SELECT run.id, run.dataset, run.owner, run.submission, submission.schedd
FROM run LEFT OUTER JOIN submission ON submission.run_id = run.id AND submission.number = run.submission
WHERE run.id IN (...);

SELECT run.id, run.dataset, run.owner, run.submission, submission.schedd
FROM run LEFT OUTER JOIN submission ON submission.run_id = run.id AND submission.number = run.submission
WHERE run.id IN (SELECT anon_1.id
FROM (SELECT run.id AS id, row_number() OVER (PARTITION BY run.dataset ORDER BY run.created_at DESC, run.id DESC) AS age
FROM run
WHERE run.dataset IN (...)) AS anon_1
WHERE anon_1.age = :age_1);

UPDATE command SET state=:state WHERE command.id = :id_1 AND command.state = :state_1;

UPDATE command SET state=:state WHERE command.id IN (...) AND command.state = :state_1;

UPDATE command_target SET taken_by=:taken_by, state=:state WHERE command_target.command_id = :command_id_1 AND command_target.id = :id_1 AND command_target.state = :state_1 AND (command_target.taken_by IS NULL OR command_target.taken_by = :taken_by_1);

UPDATE command_target SET taken_by=:taken_by, state=:to, result=:words, ended_at=:at WHERE command_target.command_id = :key_command AND command_target.id = :key_id AND (command_target.state = :param_1 OR command_target.state = :param_2);

UPDATE turn SET taken_by=:taken_by, taken_at=:taken_at WHERE turn.name = :name_1;

-- take_one
UPDATE command SET state=:state WHERE command.id = :id_1 AND command.state = :state_1;

UPDATE command_target SET taken_by=:taken_by, state=:state WHERE command_target.command_id = :command_id_1 AND command_target.id = :id_1 AND command_target.state = :state_1 AND (command_target.taken_by IS NULL OR command_target.taken_by = :taken_by_1);

-- targets
SELECT command_target.command_id, command_target.id, command_target.kind, command_target.name, command_target.run_id, command_target.dataset, command_target.process_name, command_target.owner, command_target.schedd, command_target.number, command_target.taken_by, command_target.state, command_target.result, command_target.ended_at
FROM command_target
WHERE command_target.command_id = :command_id_1 AND command_target.state IN (...) ORDER BY command_target.id
OFFSET :param_1 ROWS
FETCH FIRST :param_2 ROWS ONLY;

SELECT command_target.command_id, command_target.id, command_target.kind, command_target.name, command_target.run_id, command_target.dataset, command_target.process_name, command_target.owner, command_target.schedd, command_target.number, command_target.taken_by, command_target.state, command_target.result, command_target.ended_at
FROM command_target
WHERE command_target.command_id = :command_id_1 ORDER BY command_target.id
OFFSET :param_1 ROWS
FETCH FIRST :param_2 ROWS ONLY;
