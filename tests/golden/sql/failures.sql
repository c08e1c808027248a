-- add
INSERT INTO failure (global_job_id, start_number, run_id, dataset, host, failed_at, cause, step, exit_code, exit_signal, hold_code, says, line) VALUES (:global_job_id, :start_number, :run_id, :dataset, :host, :failed_at, :cause, :step, :exit_code, :exit_signal, :hold_code, :says, :line);

SELECT failure.global_job_id, failure.start_number
FROM failure
WHERE failure.global_job_id IN (...);

-- bad_nodes
INSERT INTO failure (global_job_id, start_number, run_id, dataset, host, failed_at, cause, step, exit_code, exit_signal, hold_code, says, line) VALUES (:global_job_id, :start_number, :run_id, :dataset, :host, :failed_at, :cause, :step, :exit_code, :exit_signal, :hold_code, :says, :line);

SELECT count(*) AS count_1
FROM blackboard
WHERE blackboard.host = :host_1 AND blackboard.start_time >= :start_time_1;

SELECT failure.global_job_id, failure.start_number
FROM failure
WHERE failure.global_job_id IN (...);

SELECT failure.host, count(*) AS number, count(DISTINCT failure.step) AS kinds, count(DISTINCT failure.run_id) AS runs
FROM failure
WHERE failure.failed_at >= :failed_at_1 AND failure.host IS NOT NULL GROUP BY failure.host
HAVING count(*) >= :param_1;

-- groups
SELECT TOP ... failure.cause, failure.step, failure.exit_code, failure.exit_signal, failure.hold_code, failure.says, count(*) AS number, count(DISTINCT failure.run_id) AS runs, min(failure.failed_at) AS first, max(failure.failed_at) AS last
FROM failure
WHERE failure.failed_at >= :failed_at_1 AND failure.run_id IN (SELECT run.id
FROM run
WHERE run.state IN (...)) GROUP BY failure.cause, failure.step, failure.exit_code, failure.exit_signal, failure.hold_code, failure.says ORDER BY number DESC, failure.cause;

SELECT TOP ... failure.cause, failure.step, failure.exit_code, failure.exit_signal, failure.hold_code, failure.says, count(*) AS number, count(DISTINCT failure.run_id) AS runs, min(failure.failed_at) AS first, max(failure.failed_at) AS last
FROM failure
WHERE failure.run_id IN (SELECT run.id
FROM run
WHERE run.state IN (...) AND run.campaign = :campaign_1) GROUP BY failure.cause, failure.step, failure.exit_code, failure.exit_signal, failure.hold_code, failure.says ORDER BY number DESC, failure.cause;

SELECT TOP ... failure.cause, failure.step, failure.exit_code, failure.exit_signal, failure.hold_code, failure.says, count(*) AS number, count(DISTINCT failure.run_id) AS runs, min(failure.failed_at) AS first, max(failure.failed_at) AS last
FROM failure
WHERE failure.run_id IN (SELECT run.id
FROM run
WHERE run.state IN (...) AND run.workflow = :workflow_1) GROUP BY failure.cause, failure.step, failure.exit_code, failure.exit_signal, failure.hold_code, failure.says ORDER BY number DESC, failure.cause;

SELECT TOP ... failure.cause, failure.step, failure.exit_code, failure.exit_signal, failure.hold_code, failure.says, count(*) AS number, count(DISTINCT failure.run_id) AS runs, min(failure.failed_at) AS first, max(failure.failed_at) AS last
FROM failure
WHERE failure.run_id IN (SELECT run.id
FROM run
WHERE run.state IN (...)) GROUP BY failure.cause, failure.step, failure.exit_code, failure.exit_signal, failure.hold_code, failure.says ORDER BY number DESC, failure.cause;

SELECT TOP ... failure.cause, failure.step, failure.exit_code, failure.exit_signal, failure.hold_code, failure.says, count(*) AS number, count(DISTINCT failure.run_id) AS runs, min(failure.failed_at) AS first, max(failure.failed_at) AS last
FROM failure GROUP BY failure.cause, failure.step, failure.exit_code, failure.exit_signal, failure.hold_code, failure.says ORDER BY number DESC, failure.cause;

SELECT failure.cause, failure.host, count(*) AS number
FROM failure
WHERE failure.cause IN (...) AND failure.host IS NOT NULL AND failure.failed_at >= :failed_at_1 GROUP BY failure.cause, failure.host ORDER BY number DESC;

SELECT failure.cause, failure.host, count(*) AS number
FROM failure
WHERE failure.cause IN (...) AND failure.host IS NOT NULL GROUP BY failure.cause, failure.host ORDER BY number DESC;

-- of_cause
SELECT TOP ... failure.global_job_id, failure.start_number, failure.run_id, failure.dataset, failure.host, failure.failed_at, failure.cause, failure.step, failure.exit_code, failure.exit_signal, failure.hold_code, failure.says, failure.line
FROM failure
WHERE failure.cause = :cause_1 ORDER BY failure.failed_at DESC;

-- of_runs
SELECT failure.global_job_id, failure.start_number, failure.run_id, failure.dataset, failure.host, failure.failed_at, failure.cause, failure.step, failure.exit_code, failure.exit_signal, failure.hold_code, failure.says, failure.line
FROM failure
WHERE failure.run_id IN (...);

-- runs_of
SELECT DISTINCT failure.run_id
FROM failure JOIN run ON run.id = failure.run_id
WHERE failure.cause = :cause_1 AND run.state IN (...) ORDER BY failure.run_id;

-- unseen
SELECT TOP ... blackboard.global_job_id, blackboard.start_number, blackboard.state, blackboard.source, blackboard.observed_at, blackboard.run_id, blackboard.dataset, blackboard.owner, blackboard.process_name, blackboard.parent_name, blackboard.schedd, blackboard.cluster, blackboard.[proc], blackboard.dagman_cluster, blackboard.host, blackboard.start_time, blackboard.completion_time, blackboard.duration, blackboard.exit_code, blackboard.exit_signal, blackboard.exit_reason, blackboard.hold_code, blackboard.hold_subcode, blackboard.hold_reason, blackboard.work_dir, blackboard.out, blackboard.err, blackboard.log, run.id AS of_run_id, run.entry_id AS of_run_entry_id, run.dataset AS of_run_dataset, run.workflow AS of_run_workflow, run.priority AS of_run_priority, run.campaign AS of_run_campaign, run.owner AS of_run_owner, run.parameters AS of_run_parameters, run.state AS of_run_state, run.submission AS of_run_submission, run.work_dir AS of_run_work_dir, run.dag_file AS of_run_dag_file, run.template_digest AS of_run_template_digest, run.created_at AS of_run_created_at, run.ended_at AS of_run_ended_at, run.error AS of_run_error
FROM blackboard LEFT OUTER JOIN run ON run.id = blackboard.run_id
WHERE (blackboard.completion_time >= :completion_time_1 AND blackboard.state != :state_1 OR blackboard.state = :state_2 AND blackboard.hold_code IS NOT NULL) AND (blackboard.state = :state_3 AND (blackboard.exit_code != :exit_code_1 OR blackboard.exit_signal IS NOT NULL) OR blackboard.state IN (...)) AND NOT (EXISTS (SELECT *
FROM failure
WHERE failure.global_job_id = blackboard.global_job_id AND failure.start_number = blackboard.start_number)) ORDER BY blackboard.global_job_id;

-- unseen_runs
SELECT TOP ... run.id, run.entry_id, run.dataset, run.workflow, run.priority, run.campaign, run.owner, run.parameters, run.state, run.submission, run.work_dir, run.dag_file, run.template_digest, run.created_at, run.ended_at, run.error
FROM run
WHERE run.state IN (...) AND run.ended_at >= :ended_at_1 AND NOT (EXISTS (SELECT *
FROM failure
WHERE failure.run_id = run.id)) ORDER BY run.ended_at;
