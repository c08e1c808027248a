-- end_if_open
INSERT INTO alert (kind, scope, raised_at, text, details) OUTPUT inserted.id VALUES (:kind, :scope, :raised_at, :text, :details);

SELECT TOP ... alert.id
FROM alert
WHERE alert.kind = :kind_1 AND alert.scope = :scope_1 AND alert.ended_at IS NULL;

UPDATE alert SET ended_at=:ended_at, ended_by=:ended_by WHERE alert.kind = :kind_1 AND alert.scope = :scope_1 AND alert.ended_at IS NULL;

-- finish_campaigns
INSERT INTO alert (kind, scope, raised_at, text, details) OUTPUT inserted.id VALUES (:kind, :scope, :raised_at, :text, :details);

SELECT campaign.name
FROM campaign
WHERE campaign.finished_at IS NULL AND campaign.cancelled_at IS NULL AND NOT (EXISTS (SELECT *
FROM dpq
WHERE dpq.campaign = campaign.name AND dpq.state IN (...))) AND (EXISTS (SELECT *
FROM dpq
WHERE dpq.campaign = campaign.name));

SELECT dpq.state, count(*) AS count_1
FROM dpq
WHERE dpq.campaign = :campaign_1 GROUP BY dpq.state;

UPDATE alert SET ended_at=:ended_at, ended_by=:ended_by WHERE alert.kind = :kind_1 AND alert.scope = :scope_1 AND alert.ended_at IS NULL;

UPDATE campaign SET finished_at=:finished_at WHERE campaign.finished_at IS NOT NULL AND (EXISTS (SELECT *
FROM dpq
WHERE dpq.campaign = campaign.name AND dpq.state IN (...)));

UPDATE campaign SET finished_at=:finished_at WHERE campaign.name = :name_1 AND campaign.finished_at IS NULL;

UPDATE dpq SET state=:state, ended_at=:ended_at, error=:error WHERE dpq.id = :id_1 AND dpq.state IN (...);

-- raise_once
INSERT INTO alert (kind, scope, raised_at, text, details) OUTPUT inserted.id VALUES (:kind, :scope, :raised_at, :text, :details);

SELECT TOP ... alert.id
FROM alert
WHERE alert.kind = :kind_1 AND alert.scope = :scope_1 AND alert.ended_at IS NULL;

UPDATE turn SET taken_by=:taken_by, taken_at=:taken_at WHERE turn.name = :name_1;

-- take_untold
SELECT TOP ... alert.id, alert.kind, alert.scope, alert.raised_at, alert.text, alert.details, alert.ended_at, alert.ended_by
FROM alert WITH (UPDLOCK, READPAST, ROWLOCK)
WHERE alert.told_at IS NULL AND alert.raised_at >= :raised_at_1 ORDER BY alert.id;

UPDATE alert SET told_at=:told_at WHERE alert.id = :id_1 AND alert.told_at IS NULL;

-- untold
UPDATE alert SET told_at=:told_at WHERE alert.id = :id_1;
