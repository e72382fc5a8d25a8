DROP TABLE datagen_chunks, datagen_runs;
