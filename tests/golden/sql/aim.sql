-- states_of
SELECT run.id, run.state
FROM run
WHERE run.id IN (...);

-- targets
SELECT DISTINCT TOP ... blackboard.global_job_id, blackboard.run_id, blackboard.dataset, blackboard.process_name, blackboard.owner, blackboard.schedd
FROM blackboard
WHERE blackboard.dataset LIKE :dataset_1 ESCAPE '\' AND blackboard.process_name LIKE :process_name_1 ESCAPE '\' AND blackboard.host LIKE :host_1 ESCAPE '\' AND blackboard.owner = :owner_1 AND blackboard.run_id LIKE :run_id_1 ESCAPE '\' AND (blackboard.state = :state_1 AND (blackboard.exit_code != :exit_code_1 OR blackboard.exit_signal IS NOT NULL) OR blackboard.state IN (...)) AND blackboard.run_id IN (SELECT run.id
FROM run
WHERE run.workflow = :workflow_1 AND run.campaign LIKE :campaign_1 ESCAPE '\' AND run.state IN (...)) AND blackboard.state IN (...) ORDER BY blackboard.global_job_id;

SELECT TOP ... run.id, run.dataset, run.owner, run.submission, submission.schedd
FROM run LEFT OUTER JOIN submission ON submission.run_id = run.id AND submission.number = run.submission
WHERE run.state IN (...) AND run.dataset LIKE :dataset_1 ESCAPE '\' AND run.workflow = :workflow_1 AND run.campaign LIKE :campaign_1 ESCAPE '\' AND run.owner = :owner_1 AND run.id LIKE :id_1 ESCAPE '\' AND run.id IN (SELECT blackboard.run_id
FROM blackboard
WHERE blackboard.dataset LIKE :dataset_2 ESCAPE '\' AND blackboard.process_name LIKE :process_name_1 ESCAPE '\' AND blackboard.host LIKE :host_1 ESCAPE '\' AND blackboard.owner = :owner_2 AND blackboard.run_id LIKE :run_id_1 ESCAPE '\' AND (blackboard.state = :state_2 AND (blackboard.exit_code != :exit_code_1 OR blackboard.exit_signal IS NOT NULL) OR blackboard.state IN (...)) AND blackboard.run_id IN (SELECT run.id
FROM run
WHERE run.workflow = :workflow_2 AND run.campaign LIKE :campaign_2 ESCAPE '\' AND run.state IN (...))) ORDER BY run.created_at, run.id;

SELECT TOP ... run.id, run.dataset, run.owner, run.submission, submission.schedd
FROM run LEFT OUTER JOIN submission ON submission.run_id = run.id AND submission.number = run.submission
WHERE run.state IN (...) AND run.dataset LIKE :dataset_1 ESCAPE '\' AND run.workflow = :workflow_1 AND run.campaign LIKE :campaign_1 ESCAPE '\' AND run.owner = :owner_1 AND run.id LIKE :id_1 ESCAPE '\' ORDER BY run.created_at, run.id;

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
