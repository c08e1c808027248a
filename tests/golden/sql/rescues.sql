-- failed_since
SELECT TOP ... run.id, run.entry_id, run.dataset, run.workflow, run.priority, run.campaign, run.owner, run.parameters, run.state, run.submission, run.work_dir, run.dag_file, run.template_digest, run.created_at, run.ended_at, run.error
FROM run JOIN dpq ON dpq.id = run.entry_id AND dpq.run_id = run.id
WHERE run.state = :state_1 AND run.ended_at >= :ended_at_1 AND run.owner = :owner_1 AND dpq.state = :state_2 ORDER BY run.ended_at, run.id;

-- set_before
SELECT command.options
FROM command JOIN command_target ON command_target.command_id = command.id
WHERE command_target.run_id = :run_id_1 AND command.verb = :verb_1 AND (command_target.state NOT IN (...)) ORDER BY command.id;

-- states
SELECT run.id, run.state, dpq.state AS state_1
FROM run JOIN dpq ON dpq.id = run.entry_id
WHERE run.id IN (...);

-- tries
SELECT command.options
FROM command JOIN command_target ON command_target.command_id = command.id
WHERE command_target.run_id = :run_id_1 AND command.verb = :verb_1 AND (command_target.state NOT IN (...)) ORDER BY command.id;

-- workflows
SELECT DISTINCT run.workflow
FROM run
WHERE run.id IN (...);
