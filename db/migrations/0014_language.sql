-- The language that a person reads, as the client that they used last says: a code of package
-- language; '' where none has said so yet.
alter table attention_settings add column language text not null default '';
