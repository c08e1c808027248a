-- bounded
SELECT count(*) AS count_1
FROM (SELECT TOP ... blackboard.state AS state
FROM blackboard
WHERE blackboard.state = :param_2 AND (blackboard.exit_code != :param_3 OR blackboard.exit_code IS NULL) OR blackboard.state IN (...)) AS anon_1;

-- entries
SELECT dpq.id, dpq.dataset, dpq.workflow, dpq.priority, dpq.campaign, dpq.parameters, dpq.state, dpq.created_at, dpq.created_by, dpq.run_id, dpq.attempts, dpq.not_before, dpq.ended_at, dpq.error, dpq.rescue_by, dpq.rescue_reason, dpq.rescue_owner, dpq.event_id
FROM dpq
WHERE dpq.id IN (...);

-- executions
SELECT blackboard.global_job_id, blackboard.start_number, blackboard.state, blackboard.source, blackboard.observed_at, blackboard.run_id, blackboard.dataset, blackboard.owner, blackboard.process_name, blackboard.parent_name, blackboard.schedd, blackboard.cluster, blackboard.[proc], blackboard.dagman_cluster, blackboard.host, blackboard.start_time, blackboard.completion_time, blackboard.duration, blackboard.exit_code, blackboard.exit_signal, blackboard.exit_reason, blackboard.hold_code, blackboard.hold_subcode, blackboard.hold_reason, blackboard.work_dir, blackboard.out, blackboard.err, blackboard.log
FROM blackboard
WHERE blackboard.global_job_id IN (...);

SELECT blackboard.global_job_id, blackboard.start_number, blackboard.state, blackboard.source, blackboard.observed_at, blackboard.run_id, blackboard.dataset, blackboard.owner, blackboard.process_name, blackboard.parent_name, blackboard.schedd, blackboard.cluster, blackboard.[proc], blackboard.dagman_cluster, blackboard.host, blackboard.start_time, blackboard.completion_time, blackboard.duration, blackboard.exit_code, blackboard.exit_signal, blackboard.exit_reason, blackboard.hold_code, blackboard.hold_subcode, blackboard.hold_reason, blackboard.work_dir, blackboard.out, blackboard.err, blackboard.log, blackboard.classad
FROM blackboard
WHERE blackboard.global_job_id = :global_job_id_1 AND blackboard.start_number = :start_number_1;

-- rows_of
SELECT audit.id, audit.at, audit.actor, audit.verb, audit.scope, audit.reason, audit.result
FROM audit
WHERE audit.id IN (...);

-- run_ids
SELECT blackboard.global_job_id, blackboard.start_number, blackboard.state, blackboard.source, blackboard.observed_at, blackboard.run_id, blackboard.dataset, blackboard.owner, blackboard.process_name, blackboard.parent_name, blackboard.schedd, blackboard.cluster, blackboard.[proc], blackboard.dagman_cluster, blackboard.host, blackboard.start_time, blackboard.completion_time, blackboard.duration, blackboard.exit_code, blackboard.exit_signal, blackboard.exit_reason, blackboard.hold_code, blackboard.hold_subcode, blackboard.hold_reason, blackboard.work_dir, blackboard.out, blackboard.err, blackboard.log
FROM blackboard
WHERE blackboard.global_job_id IN (...);

-- runs
SELECT run.id, run.entry_id, run.dataset, run.workflow, run.priority, run.campaign, run.owner, run.parameters, run.state, run.submission, run.work_dir, run.dag_file, run.template_digest, run.created_at, run.ended_at, run.error
FROM run
WHERE run.id IN (...);

-- steps_of
SELECT blackboard.global_job_id, blackboard.start_number, blackboard.state, blackboard.source, blackboard.observed_at, blackboard.run_id, blackboard.dataset, blackboard.owner, blackboard.process_name, blackboard.parent_name, blackboard.schedd, blackboard.cluster, blackboard.[proc], blackboard.dagman_cluster, blackboard.host, blackboard.start_time, blackboard.completion_time, blackboard.duration, blackboard.exit_code, blackboard.exit_signal, blackboard.exit_reason, blackboard.hold_code, blackboard.hold_subcode, blackboard.hold_reason, blackboard.work_dir, blackboard.out, blackboard.err, blackboard.log
FROM blackboard
WHERE blackboard.run_id IN (...);
