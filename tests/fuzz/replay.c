/*
 * Gives a fuzz harness every file of the folders named on the command line,
 * once, and the empty input before: what fuzzing once found stays found,
 * under any compiler. A file's bytes stand in a block of exactly their size,
 * so that a sanitizer sees the first byte read past the end.
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

enum {
	INPUT_MAX = 1 << 24,
	PATH_LEN_MAX = 4096,
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void give_up(const char *path)
{
	perror(path);
	exit(1);
}

static void replay_file(const char *path)
{
	struct stat st;
	uint8_t *data;
	FILE *f = fopen(path, "rb");

	if (!f || fstat(fileno(f), &st) < 0 || st.st_size > INPUT_MAX)
		give_up(path);
	data = malloc((size_t)st.st_size);
	if (!data && st.st_size > 0)
		give_up(path);
	if (fread(data, 1, (size_t)st.st_size, f) != (size_t)st.st_size)
		give_up(path);
	(void)fclose(f);
	printf("%s\n", path); /* the last one named is the one that crashed */
	(void)fflush(stdout);
	(void)LLVMFuzzerTestOneInput(data, (size_t)st.st_size);
	free(data);
}

static int is_visible(const struct dirent *d)
{
	return d->d_name[0] != '.';
}

static int replay_folder(const char *folder)
{
	struct dirent **files;
	char path[PATH_LEN_MAX];
	int count = scandir(folder, &files, is_visible, alphasort);

	if (count < 0)
		give_up(folder);
	for (int i = 0; i < count; i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", folder,
				files[i]->d_name);
		replay_file(path);
		free(files[i]);
	}
	free(files);
	return count;
}

int main(int argc, char **argv)
{
	int count = 1;

	(void)LLVMFuzzerTestOneInput((const uint8_t *)"", 0);
	for (int i = 1; i < argc; i++)
		count += replay_folder(argv[i]);
	printf("%d inputs replayed\n", count);
	return 0;
}
