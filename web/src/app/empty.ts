/* A wall without guests teaches how to get some. */
import { h } from '../lib/dom';
import { icon, mark, type IconName } from '../lib/icons';
import { copyText } from '../lib/notice';

function lesson(glyph: IconName, title: string, about: string,
	lines: string): HTMLElement {
	return h('article', { class: 'lesson' },
		h('h3', null, icon(glyph), title),
		h('p', null, about),
		h('div', { class: 'lesson-code' },
			h('pre', { tabindex: 0, 'aria-label': `${title}: what to write` },
				h('code', null, lines)),
			h('button', {
				type: 'button', class: 'icon-button',
				'aria-label': `Copy: ${title}`, 'data-tip': 'Copy',
				on: { click: () => void copyText(lines, 'Lines') },
			}, icon('copy'))));
}

export function emptyWall(admin: boolean): HTMLElement {
	return h('div', { class: 'empty' },
		mark(),
		h('h2', null, 'No guests yet'),
		h('p', { class: 'empty-lead' }, 'This gateway is running, and you ' +
			'are signed in. Tell it where the machines are; they appear ' +
			'here by themselves.'),
		h('div', { class: 'lessons' },
			lesson('machine', 'Proxmox VE',
				'Asks for the address and a token, shows the ' +
				'certificate\u2019s fingerprint, tries every kind of console.',
				'glassbridge init https://pve1.lan:8006\n' +
				'glassbridge config reload'),
			lesson('plug', 'A screen at a fixed address',
				'Anything that speaks VNC. In the configuration:',
				'[profiles.lab]\nkind = "static"\n\n' +
				'[profiles.lab.guests.kiosk]\nvnc = "10.0.0.9:5901"'),
			lesson('box', 'Arrakis sandboxes',
				'Sandboxes come and go; the wall follows them.',
				'[profiles.boxes]\nkind = "arrakis"\n' +
				'url = "http://127.0.0.1:7000"')),
		h('p', { class: 'empty-foot' }, admin ?
			'Guests are there but not here? A rule may hide them: ' :
			'Guests are there but not here? Your rights may not cover ' +
			'them. Whoever runs this gateway can look with ',
		h('code', null, 'glassbridge config check'), '.'));
}
