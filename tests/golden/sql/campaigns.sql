-- cancel
UPDATE campaign SET cancelled_by=:cancelled_by, cancelled_at=:cancelled_at WHERE campaign.name = :name_1;

UPDATE dpq SET state=:state, ended_at=:ended_at, error=:error WHERE dpq.campaign = :campaign_1 AND dpq.state = :state_1;

-- causes
SELECT TOP ... blackboard.process_name, blackboard.exit_code, blackboard.exit_signal, blackboard.hold_code, count(*) AS count_1
FROM blackboard JOIN run ON run.id = blackboard.run_id
WHERE run.campaign = :campaign_1 AND run.state IN (...) AND (blackboard.state = :state_2 AND coalesce(blackboard.exit_code, :coalesce_1) != :coalesce_2 OR blackboard.state IN (...)) GROUP BY blackboard.process_name, blackboard.exit_code, blackboard.exit_signal, blackboard.hold_code ORDER BY count(*) DESC;

-- counts
SELECT dpq.state, count(*) AS count_1
FROM dpq
WHERE dpq.campaign = :campaign_1 GROUP BY dpq.state;

-- create
INSERT INTO campaign (name, description, created_by, created_at, cancelled_by, cancelled_at, finished_at) VALUES (:name, :description, :created_by, :created_at, :cancelled_by, :cancelled_at, :finished_at);

SELECT campaign.name
FROM campaign
WHERE campaign.name = :name_1;

-- ended_since
SELECT count(*) AS count_1, min(run.ended_at) AS min_1
FROM run
WHERE run.campaign = :campaign_1 AND run.ended_at >= :ended_at_1;

-- find
SELECT campaign.name, campaign.description, campaign.created_by, campaign.created_at, campaign.cancelled_by, campaign.cancelled_at, campaign.finished_at
FROM campaign ORDER BY campaign.created_at DESC, campaign.name;

-- get
SELECT campaign.name, campaign.description, campaign.created_by, campaign.created_at, campaign.cancelled_by, campaign.cancelled_at, campaign.finished_at
FROM campaign
WHERE campaign.name = :name_1;
