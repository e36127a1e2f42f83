/* The marks of a guest (R31): how busy it is, and what it has. */
import { h } from '../lib/dom';
import { icon, type IconName } from '../lib/icons';
import type { Marks } from '../lib/types';

const systems: Record<string, string> = {
	l24: 'Linux', l26: 'Linux', wxp: 'Windows XP', w2k: 'Windows 2000',
	w2k3: 'Windows 2003', w2k8: 'Windows 2008', wvista: 'Windows Vista',
	win7: 'Windows 7', win8: 'Windows 8', win10: 'Windows 10',
	win11: 'Windows 11', solaris: 'Solaris', archlinux: 'Arch Linux',
	centos: 'CentOS', opensuse: 'openSUSE', nixos: 'NixOS',
};
const HIGH = 0.9;

/* "Linux", "Windows 11"; "" where it is not known. */
export function systemOf(marks: Marks | null | undefined): string {
	const os = marks?.os;

	return !os || os === 'other' ? '' :
		systems[os] ?? os.charAt(0).toUpperCase() + os.slice(1);
}

const GIB = 2 ** 30;

/* Two digits are enough to look at. */
function gib(bytes: number): string {
	const n = bytes / GIB;

	return n < 10 ? String(Math.round(n * 10) / 10) : String(Math.round(n));
}

function meter(name: string, share: number, shown: string,
	said: string): HTMLElement {
	const part = Math.max(0, Math.min(1, share));
	const fill = h('span', { class: 'meter-fill' });

	fill.style.width = `${Math.round(part * 100)}%`;
	return h('span', {
		class: 'meter', role: 'meter', 'aria-label': name,
		'aria-valuemin': 0, 'aria-valuemax': 100,
		'aria-valuenow': Math.round(part * 100), 'aria-valuetext': said,
		'data-tip': `${name}: ${said}`, 'data-high': part >= HIGH,
	}, h('span', { class: 'meter-name' }, name),
	h('span', { class: 'meter-bar' }, fill),
	h('span', { class: 'meter-value' }, shown));
}

function cpu(m: Marks): HTMLElement | null {
	if (typeof m.cpu !== 'number')
		return null;
	const percent = `${Math.round(m.cpu * 100)} %`;

	return meter('CPU', m.cpu, percent, typeof m.cpus === 'number' ?
		`${percent} of ${m.cpus} CPU${m.cpus === 1 ? '' : 's'}` : percent);
}

function memory(m: Marks): HTMLElement | null {
	if (typeof m.memory !== 'number' || !m.memory_max)
		return null;
	const [used, all] = [gib(m.memory), gib(m.memory_max)];

	return meter('Mem', m.memory / m.memory_max, `${used} / ${all} G`,
		`${used} of ${all} GiB of memory`);
}

function sign(glyph: IconName, words: string): HTMLElement {
	return h('span', {
		class: 'sign', role: 'img', 'aria-label': words, 'data-tip': words,
	}, icon(glyph));
}

export function marksOf(m: Marks | null | undefined): Node[] {
	if (!m)
		return [];
	return [
		cpu(m), memory(m),
		m.agent || m.audio || m.usb || m.clipboard ?
			h('span', { class: 'signs' },
				m.agent ? sign('agent', 'Guest agent') : null,
				m.audio ? sign('speaker', 'Audio') : null,
				m.usb ? sign('usb', 'USB redirection') : null,
				m.clipboard ? sign('clipboard', 'Clipboard') : null) :
			null,
	].filter((node): node is HTMLElement => node !== null);
}
