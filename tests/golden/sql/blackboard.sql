-- bare
SELECT blackboard.global_job_id, blackboard.start_number, blackboard.state, blackboard.source, blackboard.observed_at, blackboard.run_id, blackboard.dataset, blackboard.owner, blackboard.process_name, blackboard.parent_name, blackboard.schedd, blackboard.cluster, blackboard.[proc], blackboard.dagman_cluster, blackboard.host, blackboard.start_time, blackboard.completion_time, blackboard.duration, blackboard.exit_code, blackboard.exit_signal, blackboard.exit_reason, blackboard.hold_code, blackboard.hold_subcode, blackboard.hold_reason, blackboard.work_dir, blackboard.out, blackboard.err, blackboard.log
FROM blackboard
WHERE blackboard.global_job_id IN (...) AND blackboard.classad IS NULL AND blackboard.state IN (...);

-- counts
SELECT blackboard.state, count(*) AS count_1
FROM blackboard GROUP BY blackboard.state;

-- find
SELECT blackboard.global_job_id, blackboard.start_number, blackboard.state, blackboard.source, blackboard.observed_at, blackboard.run_id, blackboard.dataset, blackboard.owner, blackboard.process_name, blackboard.parent_name, blackboard.schedd, blackboard.cluster, blackboard.[proc], blackboard.dagman_cluster, blackboard.host, blackboard.start_time, blackboard.completion_time, blackboard.duration, blackboard.exit_code, blackboard.exit_signal, blackboard.exit_reason, blackboard.hold_code, blackboard.hold_subcode, blackboard.hold_reason, blackboard.work_dir, blackboard.out, blackboard.err, blackboard.log
FROM blackboard
WHERE blackboard.dataset = :dataset_1 ORDER BY blackboard.start_time DESC, blackboard.global_job_id DESC
OFFSET :param_1 ROWS
FETCH FIRST :param_2 ROWS ONLY;

SELECT blackboard.global_job_id, blackboard.start_number, blackboard.state, blackboard.source, blackboard.observed_at, blackboard.run_id, blackboard.dataset, blackboard.owner, blackboard.process_name, blackboard.parent_name, blackboard.schedd, blackboard.cluster, blackboard.[proc], blackboard.dagman_cluster, blackboard.host, blackboard.start_time, blackboard.completion_time, blackboard.duration, blackboard.exit_code, blackboard.exit_signal, blackboard.exit_reason, blackboard.hold_code, blackboard.hold_subcode, blackboard.hold_reason, blackboard.work_dir, blackboard.out, blackboard.err, blackboard.log
FROM blackboard
WHERE blackboard.failed IS NOT NULL ORDER BY blackboard.start_time DESC, blackboard.global_job_id DESC
OFFSET :param_1 ROWS
FETCH FIRST :param_2 ROWS ONLY;

SELECT blackboard.global_job_id, blackboard.start_number, blackboard.state, blackboard.source, blackboard.observed_at, blackboard.run_id, blackboard.dataset, blackboard.owner, blackboard.process_name, blackboard.parent_name, blackboard.schedd, blackboard.cluster, blackboard.[proc], blackboard.dagman_cluster, blackboard.host, blackboard.start_time, blackboard.completion_time, blackboard.duration, blackboard.exit_code, blackboard.exit_signal, blackboard.exit_reason, blackboard.hold_code, blackboard.hold_subcode, blackboard.hold_reason, blackboard.work_dir, blackboard.out, blackboard.err, blackboard.log
FROM blackboard
WHERE blackboard.owner = :owner_1 ORDER BY blackboard.start_time DESC, blackboard.global_job_id DESC
OFFSET :param_1 ROWS
FETCH FIRST :param_2 ROWS ONLY;

SELECT blackboard.global_job_id, blackboard.start_number, blackboard.state, blackboard.source, blackboard.observed_at, blackboard.run_id, blackboard.dataset, blackboard.owner, blackboard.process_name, blackboard.parent_name, blackboard.schedd, blackboard.cluster, blackboard.[proc], blackboard.dagman_cluster, blackboard.host, blackboard.start_time, blackboard.completion_time, blackboard.duration, blackboard.exit_code, blackboard.exit_signal, blackboard.exit_reason, blackboard.hold_code, blackboard.hold_subcode, blackboard.hold_reason, blackboard.work_dir, blackboard.out, blackboard.err, blackboard.log
FROM blackboard
WHERE blackboard.process_name = :process_name_1 ORDER BY blackboard.start_time DESC, blackboard.global_job_id DESC
OFFSET :param_1 ROWS
FETCH FIRST :param_2 ROWS ONLY;

SELECT blackboard.global_job_id, blackboard.start_number, blackboard.state, blackboard.source, blackboard.observed_at, blackboard.run_id, blackboard.dataset, blackboard.owner, blackboard.process_name, blackboard.parent_name, blackboard.schedd, blackboard.cluster, blackboard.[proc], blackboard.dagman_cluster, blackboard.host, blackboard.start_time, blackboard.completion_time, blackboard.duration, blackboard.exit_code, blackboard.exit_signal, blackboard.exit_reason, blackboard.hold_code, blackboard.hold_subcode, blackboard.hold_reason, blackboard.work_dir, blackboard.out, blackboard.err, blackboard.log
FROM blackboard
WHERE blackboard.run_id = :run_id_1 ORDER BY blackboard.start_time DESC, blackboard.global_job_id DESC
OFFSET :param_1 ROWS
FETCH FIRST :param_2 ROWS ONLY;

SELECT blackboard.global_job_id, blackboard.start_number, blackboard.state, blackboard.source, blackboard.observed_at, blackboard.run_id, blackboard.dataset, blackboard.owner, blackboard.process_name, blackboard.parent_name, blackboard.schedd, blackboard.cluster, blackboard.[proc], blackboard.dagman_cluster, blackboard.host, blackboard.start_time, blackboard.completion_time, blackboard.duration, blackboard.exit_code, blackboard.exit_signal, blackboard.exit_reason, blackboard.hold_code, blackboard.hold_subcode, blackboard.hold_reason, blackboard.work_dir, blackboard.out, blackboard.err, blackboard.log
FROM blackboard
WHERE blackboard.run_id IN (SELECT run.id
FROM run
WHERE run.workflow = :workflow_1) ORDER BY blackboard.start_time DESC, blackboard.global_job_id DESC
OFFSET :param_1 ROWS
FETCH FIRST :param_2 ROWS ONLY;

SELECT blackboard.global_job_id, blackboard.start_number, blackboard.state, blackboard.source, blackboard.observed_at, blackboard.run_id, blackboard.dataset, blackboard.owner, blackboard.process_name, blackboard.parent_name, blackboard.schedd, blackboard.cluster, blackboard.[proc], blackboard.dagman_cluster, blackboard.host, blackboard.start_time, blackboard.completion_time, blackboard.duration, blackboard.exit_code, blackboard.exit_signal, blackboard.exit_reason, blackboard.hold_code, blackboard.hold_subcode, blackboard.hold_reason, blackboard.work_dir, blackboard.out, blackboard.err, blackboard.log
FROM blackboard
WHERE blackboard.state IN (...) ORDER BY blackboard.start_time DESC, blackboard.global_job_id DESC
OFFSET :param_1 ROWS
FETCH FIRST :param_2 ROWS ONLY;

SELECT blackboard.global_job_id, blackboard.start_number, blackboard.state, blackboard.source, blackboard.observed_at, blackboard.run_id, blackboard.dataset, blackboard.owner, blackboard.process_name, blackboard.parent_name, blackboard.schedd, blackboard.cluster, blackboard.[proc], blackboard.dagman_cluster, blackboard.host, blackboard.start_time, blackboard.completion_time, blackboard.duration, blackboard.exit_code, blackboard.exit_signal, blackboard.exit_reason, blackboard.hold_code, blackboard.hold_subcode, blackboard.hold_reason, blackboard.work_dir, blackboard.out, blackboard.err, blackboard.log
FROM blackboard ORDER BY blackboard.start_time DESC, blackboard.global_job_id DESC
OFFSET :param_1 ROWS
FETCH FIRST :param_2 ROWS ONLY;

SELECT blackboard.global_job_id, blackboard.start_number, blackboard.state, blackboard.source, blackboard.observed_at, blackboard.run_id, blackboard.dataset, blackboard.owner, blackboard.process_name, blackboard.parent_name, blackboard.schedd, blackboard.cluster, blackboard.[proc], blackboard.dagman_cluster, blackboard.host, blackboard.start_time, blackboard.completion_time, blackboard.duration, blackboard.exit_code, blackboard.exit_signal, blackboard.exit_reason, blackboard.hold_code, blackboard.hold_subcode, blackboard.hold_reason, blackboard.work_dir, blackboard.out, blackboard.err, blackboard.log, blackboard.classad
FROM blackboard ORDER BY blackboard.start_time DESC, blackboard.global_job_id DESC
OFFSET :param_1 ROWS
FETCH FIRST :param_2 ROWS ONLY;

-- not_ended
SELECT blackboard.global_job_id, blackboard.start_number, blackboard.state, blackboard.source, blackboard.observed_at, blackboard.run_id, blackboard.dataset, blackboard.owner, blackboard.process_name, blackboard.parent_name, blackboard.schedd, blackboard.cluster, blackboard.[proc], blackboard.dagman_cluster, blackboard.host, blackboard.start_time, blackboard.completion_time, blackboard.duration, blackboard.exit_code, blackboard.exit_signal, blackboard.exit_reason, blackboard.hold_code, blackboard.hold_subcode, blackboard.hold_reason, blackboard.work_dir, blackboard.out, blackboard.err, blackboard.log
FROM blackboard
WHERE blackboard.schedd = :schedd_1 AND blackboard.state IN (...);

-- of_jobs
SELECT blackboard.global_job_id, blackboard.start_number, blackboard.state, blackboard.source, blackboard.observed_at, blackboard.run_id, blackboard.dataset, blackboard.owner, blackboard.process_name, blackboard.parent_name, blackboard.schedd, blackboard.cluster, blackboard.[proc], blackboard.dagman_cluster, blackboard.host, blackboard.start_time, blackboard.completion_time, blackboard.duration, blackboard.exit_code, blackboard.exit_signal, blackboard.exit_reason, blackboard.hold_code, blackboard.hold_subcode, blackboard.hold_reason, blackboard.work_dir, blackboard.out, blackboard.err, blackboard.log
FROM blackboard
WHERE blackboard.global_job_id IN (...) ORDER BY blackboard.start_number;

-- of_runs
SELECT blackboard.global_job_id, blackboard.start_number, blackboard.state, blackboard.source, blackboard.observed_at, blackboard.run_id, blackboard.dataset, blackboard.owner, blackboard.process_name, blackboard.parent_name, blackboard.schedd, blackboard.cluster, blackboard.[proc], blackboard.dagman_cluster, blackboard.host, blackboard.start_time, blackboard.completion_time, blackboard.duration, blackboard.exit_code, blackboard.exit_signal, blackboard.exit_reason, blackboard.hold_code, blackboard.hold_subcode, blackboard.hold_reason, blackboard.work_dir, blackboard.out, blackboard.err, blackboard.log
FROM blackboard
WHERE blackboard.run_id IN (...);

-- record
INSERT INTO blackboard (global_job_id, start_number, state, source, observed_at, run_id, dataset, owner, process_name, parent_name, schedd, cluster, [proc], dagman_cluster, host, start_time, completion_time, duration, exit_code, exit_signal, exit_reason, hold_code, hold_subcode, hold_reason, work_dir, out, err, log, failed, classad, told_at) VALUES (:global_job_id, :start_number, :state, :source, :observed_at, :run_id, :dataset, :owner, :process_name, :parent_name, :schedd, :cluster, :proc, :dagman_cluster, :host, :start_time, :completion_time, :duration, :exit_code, :exit_signal, :exit_reason, :hold_code, :hold_subcode, :hold_reason, :work_dir, :out, :err, :log, :failed, :classad, :told_at);

SELECT blackboard.global_job_id, blackboard.start_number, blackboard.state, blackboard.source, blackboard.observed_at, blackboard.run_id, blackboard.dataset, blackboard.owner, blackboard.process_name, blackboard.parent_name, blackboard.schedd, blackboard.cluster, blackboard.[proc], blackboard.dagman_cluster, blackboard.host, blackboard.start_time, blackboard.completion_time, blackboard.duration, blackboard.exit_code, blackboard.exit_signal, blackboard.exit_reason, blackboard.hold_code, blackboard.hold_subcode, blackboard.hold_reason, blackboard.work_dir, blackboard.out, blackboard.err, blackboard.log, blackboard.classad AS classad, blackboard.told_at
FROM blackboard WITH (UPDLOCK, ROWLOCK)
WHERE blackboard.global_job_id = :global_job_id_1 AND blackboard.start_number = :start_number_1 OR blackboard.global_job_id = :global_job_id_2 AND blackboard.start_number = :start_number_2 ORDER BY blackboard.global_job_id, blackboard.start_number;

SELECT blackboard.global_job_id, blackboard.start_number, blackboard.state, blackboard.source, blackboard.observed_at, blackboard.run_id, blackboard.dataset, blackboard.owner, blackboard.process_name, blackboard.parent_name, blackboard.schedd, blackboard.cluster, blackboard.[proc], blackboard.dagman_cluster, blackboard.host, blackboard.start_time, blackboard.completion_time, blackboard.duration, blackboard.exit_code, blackboard.exit_signal, blackboard.exit_reason, blackboard.hold_code, blackboard.hold_subcode, blackboard.hold_reason, blackboard.work_dir, blackboard.out, blackboard.err, blackboard.log, blackboard.classad AS classad, blackboard.told_at
FROM blackboard WITH (UPDLOCK, ROWLOCK)
WHERE blackboard.global_job_id = :global_job_id_1 AND blackboard.start_number = :start_number_1 ORDER BY blackboard.global_job_id, blackboard.start_number;

UPDATE blackboard SET state=:state, source=:source, observed_at=:observed_at, run_id=:run_id, dataset=:dataset, owner=:owner, process_name=:process_name, parent_name=:parent_name, schedd=:schedd, cluster=:cluster, [proc]=:proc, dagman_cluster=:dagman_cluster, host=:host, start_time=:start_time, completion_time=:completion_time, duration=:duration, exit_code=:exit_code, exit_signal=:exit_signal, exit_reason=:exit_reason, hold_code=:hold_code, hold_subcode=:hold_subcode, hold_reason=:hold_reason, work_dir=:work_dir, out=:out, err=:err, log=:log, failed=:failed, classad=:classad, told_at=:told_at WHERE blackboard.global_job_id = :key_job AND blackboard.start_number = :key_number;

-- with_classads
SELECT blackboard.global_job_id, blackboard.start_number, blackboard.state, blackboard.source, blackboard.observed_at, blackboard.run_id, blackboard.dataset, blackboard.owner, blackboard.process_name, blackboard.parent_name, blackboard.schedd, blackboard.cluster, blackboard.[proc], blackboard.dagman_cluster, blackboard.host, blackboard.start_time, blackboard.completion_time, blackboard.duration, blackboard.exit_code, blackboard.exit_signal, blackboard.exit_reason, blackboard.hold_code, blackboard.hold_subcode, blackboard.hold_reason, blackboard.work_dir, blackboard.out, blackboard.err, blackboard.log, blackboard.classad
FROM blackboard
WHERE blackboard.run_id = :run_id_1 ORDER BY blackboard.global_job_id;
