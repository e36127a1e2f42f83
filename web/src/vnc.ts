/*
 * The document /vnc.html: noVNC's page, for whoever has links to it. The names
 * of noVNC's parameters keep their meaning; the picture and the toolbar are
 * ours. A parameter behind '#' wins over one behind '?', as there.
 */
import type { Line } from './console/line';
import { PlainSource } from './console/source';
import type { Scale, Settings } from './console/screentools';
import { ConsoleView } from './console/view';
import type { Frame } from './console/viewer';
import { VncViewer } from './console/vnc';
import { h } from './lib/dom';
import { mark } from './lib/icons';
import { themeButton } from './lib/theme';
import { startTips } from './lib/tip';

const fragment = new URLSearchParams(location.hash.slice(1));
const query = new URLSearchParams(location.search);

function value(name: string, otherwise: string): string {
	return fragment.get(name) ?? query.get(name) ?? otherwise;
}

function flag(name: string, otherwise: boolean): boolean {
	return !['0', 'no', 'false', 'off'].includes(
		value(name, otherwise ? 'true' : 'false').toLowerCase());
}

function level(name: string, otherwise: number): number {
	const n = Number.parseInt(value(name, ''), 10);

	return n >= 0 && n <= 9 ? n : otherwise;
}

/* host and port stand for another server; without them path is relative. */
function address(): URL {
	const host = value('host', '');
	const port = value('port', '');
	const path = value('path', 'websockify');

	if (!host && !port) {
		const url = new URL(path, location.href);

		url.protocol = url.protocol.replace(/^http/, 'ws');
		return url;
	}
	const secure = flag('encrypt', location.protocol === 'https:');
	const url = new URL(`${secure ? 'wss' : 'ws'}://${
		host || location.hostname}`);

	if (port)
		url.port = port;
	return new URL(path.replace(/^\/*/, '/'), url);
}

const scales: Record<string, Scale> = {
	scale: 'fit', remote: 'remote', off: 'native', downscale: 'fit',
};

function settings(): Partial<Settings> {
	const wish: Partial<Settings> = {
		viewOnly: flag('view_only', false),
		quality: level('quality', 6),
		compression: level('compression', 2),
		dot: flag('show_dot', false),
	};
	const scale = scales[value('resize', '')];

	return scale ? { ...wish, scale } : wish;
}

function viewer(frame: Frame): VncViewer {
	const password = value('password', '');
	const username = value('username', '');

	return new VncViewer(frame, {
		shared: flag('shared', true),
		repeaterId: value('repeaterID', ''),
		credentials: {
			...password ? { password } : {},
			...username ? { username } : {},
		},
		settings: settings(),
	});
}

function prepare(line: Line): void {
	line.reconnect = flag('reconnect', false);
	line.leastDelay = Math.min(60000, Number.parseInt(
		value('reconnect_delay', ''), 10) || 0);
}

function view(): ConsoleView {
	const url = address();
	const made = new ConsoleView({
		guest: '', title: url.host === location.host ?
			url.pathname.slice(1) || url.host : url.host,
		channel: {
			maker: viewer, prepare,
			source: new PlainSource(url.href, flag('view_only', false)),
		},
		changed() {},
		signIn: () => location.assign('./'),
		guests: null,
	});

	made.root.classList.add('console-shown');
	return made;
}

function connect(): void {
	const made = view();

	document.body.replaceChildren(h('main', { class: 'alone', id: 'main' },
		h('h1', { class: 'unseen' }, 'Console'), made.root));
	made.open();
}

/* Without autoconnect noVNC waits for a press, and so do we. */
function wait(): void {
	const button = h('button', {
		type: 'button', class: 'button primary button-wide',
		on: { click: connect },
	}, 'Connect');

	document.body.replaceChildren(h('div', { class: 'door' },
		h('div', { class: 'door-tools' }, themeButton()),
		h('main', { class: 'signin', id: 'main' },
			h('div', { class: 'signin-card' },
				h('div', { class: 'signin-brand' }, mark(),
					h('h1', null, 'Glassbridge')),
				h('p', { class: 'signin-lead' }, address().host +
					address().pathname), button))));
	button.focus();
}

startTips();
if (flag('autoconnect', false))
	connect();
else
	wait();
