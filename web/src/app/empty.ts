/* A wall without guests teaches how to get some. */
import { h } from '../lib/dom';
import { icon, mark, type IconName } from '../lib/icons';
import { copyText } from '../lib/notice';

function lesson(glyph: IconName, title: string, about: string,
	lines: string): HTMLElement {
	return h('article', { class: 'lesson' },
		h('h3', null, icon(glyph), title, h('button', {
			type: 'button', class: 'icon-button',
			'aria-label': `Copy: ${title}`, 'data-tip': 'Copy',
			on: { click: () => void copyText(lines, 'Lines') },
		}, icon('copy'))),
		h('p', null, about),
		h('pre', { tabindex: 0, 'aria-label': `${title}: what to write` },
			h('code', null, lines)));
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
				'In the configuration file, with an API token that may ' +
				'open consoles and nothing else:',
				'[profiles.home]\nurl = "https://pve1.lan:8006"\n' +
				'user = "ops@pve"\ntoken_id = "gate"\n' +
				'token_secret_file = "/etc/glassbridge/home.token"'),
			lesson('plug', 'A screen at a fixed address',
				'In the configuration file, anything that speaks VNC:',
				'[profiles.lab]\nkind = "static"\n\n' +
				'[profiles.lab.guests.kiosk]\nvnc = "10.0.0.9:5901"'),
			lesson('box', 'Sandboxes of Arrakis',
				'In the configuration file; those that come and go appear ' +
				'and leave here:',
				'[profiles.boxes]\nkind = "arrakis"\n' +
				'url = "http://10.0.0.7:7000"'),
			lesson('check', 'Then',
				'On the machine that runs the gateway. What is wrong is ' +
				'told by line; open consoles live on.',
				'glassbridge config check\nglassbridge config reload')),
		h('p', { class: 'empty-foot' }, admin ?
			'Guests are configured but not here? A rule may hide them.' :
			'Guests are configured but not here? Your rights may not ' +
			'cover them: ask whoever runs this gateway.'));
}
