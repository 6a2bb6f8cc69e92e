-- To manage rooms is a scope of its own. Tokens that could by messages:write still can, and
-- their owners see it.
update api_tokens set scopes = scopes || ',rooms:write' where ',' || scopes || ',' like '%,messages:write,%';
