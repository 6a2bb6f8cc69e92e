-- What a person's files take is summed for each new one: from here, and not from the rows.
create index files_size on files (user_id, state, size);
