-- ends
SELECT blackboard.global_job_id, blackboard.start_number, blackboard.state, blackboard.exit_code, blackboard.exit_signal
FROM blackboard;

-- finished_before
SELECT TOP ... blackboard.global_job_id, blackboard.start_number, blackboard.state, blackboard.source, blackboard.observed_at, blackboard.run_id, blackboard.dataset, blackboard.owner, blackboard.process_name, blackboard.parent_name, blackboard.schedd, blackboard.cluster, blackboard.[proc], blackboard.dagman_cluster, blackboard.host, blackboard.start_time, blackboard.completion_time, blackboard.duration, blackboard.exit_code, blackboard.exit_signal, blackboard.exit_reason, blackboard.hold_code, blackboard.hold_subcode, blackboard.hold_reason, blackboard.work_dir, blackboard.out, blackboard.err, blackboard.log, blackboard.classad, blackboard.told_at
FROM blackboard
WHERE blackboard.state IN (...) AND blackboard.completion_time < :completion_time_1 AND (blackboard.run_id IS NULL OR (blackboard.run_id NOT IN (SELECT run.id
FROM run
WHERE (run.state NOT IN (...))))) ORDER BY blackboard.completion_time;

-- remove
DELETE FROM blackboard WHERE blackboard.global_job_id = :global_job_id_1 AND blackboard.start_number = :start_number_1;

-- run_states
SELECT run.id, run.state
FROM run;
