/* The document at /console/{guest}: one console, nothing else. */
import { Companion } from './app/companion';
import { Door, type Inside } from './app/door';
import { Jobs } from './app/jobs';
import { guestView, kindFor } from './console/guest';
import type { ConsoleView } from './console/view';
import { Problem } from './lib/api';
import { at, guestOfAddress } from './lib/base';
import { h } from './lib/dom';
import { isKind } from './lib/kinds';
import { notice } from './lib/notice';
import type { Kind, Login } from './lib/types';
import { doneOf } from './lib/verbs';

/* ?kind=serial in the address; it follows when the user switches. */
function kindOfAddress(): Kind | null {
	const kind = new URLSearchParams(location.search).get('kind');

	return isKind(kind) ? kind : null;
}

function tellAddress(kind: Kind): void {
	const url = new URL(location.href);

	url.searchParams.set('kind', kind);
	history.replaceState(null, '', url);
}

function make(guest: string, kind: Kind, login: Login,
	companion: Companion): ConsoleView {
	const view: ConsoleView = guestView({
		guest, kind, title: guest, deny: login.user.deny ?? [],
		more: companion.more, beside: companion.beside,
		changed() {
			document.title = `${guest}, ${view.line.state.name} \u2013 ` +
				'Glassbridge';
			companion.follow(view.line.state);
		},
		signIn: () => door.ask(new Problem('not_signed_in', 401, '')),
		guests: login.user.guest ? null : () => location.assign(at('')),
		switched: tellAddress,
	});

	view.root.classList.add('console-shown');
	return view;
}

function inside(guest: string, login: Login): Inside {
	const root = h('main', { class: 'alone', id: 'main' },
		h('h1', { class: 'unseen' }, `Console of ${guest}`));
	const jobs = new Jobs((job) => {
		if (job.state === 'done')
			notice(doneOf(job.what, guest));
		companion.look();
	});
	const companion = new Companion(guest, jobs);
	let view: ConsoleView | null = null;
	let left = false;
	const show = (kind: Kind): void => {
		if (left)
			return;
		view = make(guest, kind, login, companion);
		root.append(view.root);
		view.open();
	};

	return {
		root,
		start() {
			const kind = kindOfAddress();

			if (kind)
				show(kind);
			else
				void kindFor(guest).then(show);
		},
		stop() {
			left = true;
			companion.close();
			view?.close();
		},
	};
}

const door: Door = new Door((login) => {
	const guest = guestOfAddress() || login.user.guest || '';

	if (guest)
		return inside(guest, login);
	location.replace(at(''));
	return { root: h('main'), start() {}, stop() {} };
});

void door.knock();
