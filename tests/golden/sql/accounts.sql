-- admins
SELECT account.name
FROM account WITH (UPDLOCK, ROWLOCK)
WHERE account.role = :role_1 AND account.disabled_at IS NULL;

-- change
DELETE FROM saved_view WHERE saved_view.account = :account_1 AND saved_view.page = :page_1 AND saved_view.title = :title_1;

INSERT INTO account (name, role, password, created_at, created_by, disabled_at, last_login, preferences) VALUES (:name, :role, :password, :created_at, :created_by, :disabled_at, :last_login, :preferences);

INSERT INTO saved_view (account, page, title, query, shared, created_at) OUTPUT inserted.id VALUES (:account, :page, :title, :query, :shared, :created_at);

INSERT INTO token (account, label, digest, role, created_at, created_by, expires_at, last_used_at, revoked_at) OUTPUT inserted.id VALUES (:account, :label, :digest, :role, :created_at, :created_by, :expires_at, :last_used_at, :revoked_at);

SELECT account.name
FROM account
WHERE account.name = :name_1;

UPDATE account SET role=:role WHERE account.name = :name_1;

UPDATE token SET revoked_at=:revoked_at WHERE token.id = :id_1;

-- count_views
SELECT count(*) AS count_1
FROM saved_view
WHERE saved_view.account = :account_1;

-- create
INSERT INTO account (name, role, password, created_at, created_by, disabled_at, last_login, preferences) VALUES (:name, :role, :password, :created_at, :created_by, :disabled_at, :last_login, :preferences);

SELECT account.name
FROM account
WHERE account.name = :name_1;

-- delete_view
DELETE FROM saved_view WHERE saved_view.account = :account_1 AND saved_view.id = :id_1;

-- find
SELECT account.name, account.role, account.password, account.created_at, account.created_by, account.disabled_at, account.last_login
FROM account ORDER BY account.name;

-- get
SELECT account.name, account.role, account.password, account.created_at, account.created_by, account.disabled_at, account.last_login
FROM account
WHERE account.name = :name_1;

-- get_token
SELECT token.id, token.account, token.label, token.role, token.created_at, token.created_by, token.expires_at, token.last_used_at, token.revoked_at
FROM token
WHERE token.id = :id_1;

-- note
INSERT INTO audit (at, actor, verb, scope, reason, result) OUTPUT inserted.id VALUES (:at, :actor, :verb, :scope, :reason, :result);

-- preferences
SELECT account.preferences
FROM account
WHERE account.name = :name_1;

-- remove
DELETE FROM account WHERE account.name = :name_1;

DELETE FROM saved_view WHERE saved_view.account = :account_1;

DELETE FROM token WHERE token.account = :account_1;

-- token_of
SELECT token.id, token.account, token.label, token.role, token.created_at, token.created_by, token.expires_at, token.last_used_at, token.revoked_at
FROM token
WHERE token.digest = :digest_1;

-- tokens
SELECT token.id, token.account, token.label, token.role, token.created_at, token.created_by, token.expires_at, token.last_used_at, token.revoked_at
FROM token
WHERE token.account = :account_1 ORDER BY token.id DESC;

-- views
SELECT saved_view.id, saved_view.account, saved_view.page, saved_view.title, saved_view.query, saved_view.shared, saved_view.created_at
FROM saved_view
WHERE (saved_view.account = :account_1 OR saved_view.shared = :shared_1) AND saved_view.page = :page_1 ORDER BY saved_view.page, saved_view.title, saved_view.id;
