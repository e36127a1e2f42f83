/* The document at "/": the wall and the consoles in its tabs. */
import { Door } from './app/door';
import { Shell } from './app/shell';

const door: Door = new Door((login) => {
	const shell = new Shell(login, () => door.ask(null));
	const start = shell.start.bind(shell);

	return {
		root: shell.root,
		start() {
			start();
			if (login.user.guest)
				shell.open(login.user.guest, 'vnc');
		},
		stop: () => shell.stop(),
	};
});

void door.knock();
