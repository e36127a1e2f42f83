/* What the rules let somebody do: a function of the configuration. */
#ifndef AUTH_JUDGE_H
#define AUTH_JUDGE_H

struct auth_verdict;
struct config;
struct principal;

/* As auth_judge(); c NULL: nobody may anything but the owner and links. */
struct auth_verdict judge(const struct config *c, const struct principal *p,
		const char *guest);

#endif
