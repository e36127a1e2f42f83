/* The icons: strokes on a 20 x 20 grid, drawn with the colour of the text. */
const paths = {
	screen: 'M3 4.5h14v9H3zM7.5 16.5h5M10 13.5v3',
	serial: 'M3 4.5h14v11H3zM6 8l2.5 2L6 12M10.5 12.5H14',
	spice: 'M3 5h9v7H3zM8 12v3h9V8h-5M5.5 15H8',
	container: 'M10 2.8l6.2 3.4v7.6L10 17.2l-6.2-3.4V6.2zM3.8 6.2L10 9.7l6.2-3.5M10 9.7v7.5',
	machine: 'M3 4h14v5H3zM3 11h14v5H3zM6 6.5h.01M6 13.5h.01M9 6.5h5M9 13.5h5',
	box: 'M3 8h14l-1.6 8.5H4.6zM5.5 8a4.5 4.5 0 0 1 9 0',
	plug: 'M7 3v4M13 3v4M5 7h10v3a5 5 0 0 1-10 0zM10 15v3',
	search: 'M9 15A6 6 0 1 0 9 3a6 6 0 0 0 0 12zM13.5 13.5L17 17',
	close: 'M5 5l10 10M15 5L5 15',
	grid: 'M3.5 3.5h5.5v5.5H3.5zM11 3.5h5.5v5.5H11zM3.5 11h5.5v5.5H3.5zM11 11h5.5v5.5H11z',
	rows: 'M3 5h14M3 10h14M3 15h14',
	sun: 'M10 13.5a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7zM10 2v1.5M10 16.5V18M2 10h1.5M16.5 10H18M4.3 4.3l1.1 1.1M14.6 14.6l1.1 1.1M4.3 15.7l1.1-1.1M14.6 5.4l1.1-1.1',
	moon: 'M16.5 11.5A7 7 0 0 1 8.5 3.5a7 7 0 1 0 8 8z',
	auto: 'M10 3a7 7 0 1 0 0 14zM10 3a7 7 0 0 1 0 14',
	user: 'M10 10a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7zM3.5 17c.8-3.2 3.3-4.7 6.5-4.7s5.7 1.5 6.5 4.7',
	keyboard: 'M2.5 5.5h15v9h-15zM5 8h.01M8 8h.01M11 8h.01M14.5 8h.01M5 11.5h.01M7.5 11.5h5M15 11.5h.01',
	command: 'M7 7h6v6H7zM7 7H5.25A1.75 1.75 0 1 1 7 5.25zM13 7V5.25A1.75 1.75 0 1 1 14.75 7zM13 13h1.75A1.75 1.75 0 1 1 13 14.75zM7 13v1.75A1.75 1.75 0 1 1 5.25 13z',
	clipboard: 'M6 4H4.5v13h11V4H14M7 2.5h6v3H7zM7.5 9.5h5M7.5 12.5h5',
	display: 'M3 6V3h3M14 3h3v3M17 14v3h-3M6 17H3v-3M6.5 7h7v6h-7z',
	full: 'M3 7.5V3h4.5M12.5 3H17v4.5M17 12.5V17h-4.5M7.5 17H3v-4.5',
	restore: 'M7.5 3v4.5H3M17 7.5h-4.5V3M12.5 17v-4.5H17M3 12.5h4.5V17',
	info: 'M10 17.5a7.5 7.5 0 1 0 0-15 7.5 7.5 0 0 0 0 15zM10 9.2v4.5M10 6.3h.01',
	warning: 'M10 3l7.5 13.5h-15zM10 8v4M10 14.3h.01',
	retry: 'M16 10a6 6 0 1 1-1.8-4.3L16.5 8M16.5 3.5V8H12',
	copy: 'M7 7h9.5v9.5H7zM4 13H3.5V3.5H13V4',
	key: 'M12.5 11.5a4 4 0 1 0-3.7-2.5L3 14.8V17h2.5v-2H7.5v-2H9.3l1.2-1.8c.6.2 1.3.3 2 .3zM13.5 6.5h.01',
	eye: 'M2 10c2-3.6 4.7-5.3 8-5.3s6 1.7 8 5.3c-2 3.6-4.7 5.3-8 5.3S4 13.6 2 10zM10 12.5a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5z',
	clock: 'M10 17.5a7.5 7.5 0 1 0 0-15 7.5 7.5 0 0 0 0 15zM10 5.8V10l3 2',
	leave: 'M8 3.5H3.5v13H8M12 6.5l3.5 3.5-3.5 3.5M15.5 10H7.5',
	check: 'M4 10.5l4 4 8-9',
	back: 'M11.5 4.5L6 10l5.5 5.5',
	up: 'M4.5 12.5L10 7l5.5 5.5',
	down: 'M4.5 7.5L10 13l5.5-5.5',
	list: 'M7.5 5H17M7.5 10H17M7.5 15H17M3.5 5h.01M3.5 10h.01M3.5 15h.01',
	shield: 'M10 2.5l6 2v5c0 4-2.5 6.5-6 8-3.5-1.5-6-4-6-8v-5z',
	sound: 'M3.5 8v4H6l4 3.5v-11L6 8zM13 7.5a3.5 3.5 0 0 1 0 5M15 5a7 7 0 0 1 0 10',
	mute: 'M3.5 8v4H6l4 3.5v-11L6 8zM13 8l4 4M17 8l-4 4',
	power: 'M10 3v7M6 5.5a6 6 0 1 0 8 0',
	play: 'M6 4l10 6-10 6z',
	pause: 'M7 4.5v11M13 4.5v11',
	square: 'M5 5h10v10H5z',
	bolt: 'M11 2.5L4.5 11.5h4.5L8.5 17.5 15.5 8.5H11z',
	more: 'M3.7 10a.8.8 0 1 0 1.6 0a.8.8 0 1 0-1.6 0zM9.2 10a.8.8 0 1 0 1.6 0a.8.8 0 1 0-1.6 0zM14.7 10a.8.8 0 1 0 1.6 0a.8.8 0 1 0-1.6 0z',
	camera: 'M3 6.5h3l1.5-2h5l1.5 2h3v9.5H3zM10 13.5a2.8 2.8 0 1 0 0-5.6 2.8 2.8 0 0 0 0 5.6z',
	agent: 'M4 7.5h12v8H4zM10 7.5V4.5M10 4.5h.01M7.5 11v1M12.5 11v1M2 10.5v2.5M18 10.5v2.5',
	speaker: 'M3 8v4h3l4 3.5v-11L6 8zM13 7.5a3.5 3.5 0 0 1 0 5M15.2 5.2a6.8 6.8 0 0 1 0 9.6',
	usb: 'M10 17V3M10 3L8 5.5M10 3l2 2.5M10 13.5L5.5 11V8.5M10 11.5l4.5-2.5V7',
	chip: 'M6 6h8v8H6zM8 3v3M12 3v3M8 14v3M12 14v3M3 8h3M3 12h3M14 8h3M14 12h3',
} as const;

export type IconName = keyof typeof paths;

const SVG = 'http://www.w3.org/2000/svg';

export function icon(name: IconName, className = ''): SVGSVGElement {
	const svg = document.createElementNS(SVG, 'svg');
	const path = document.createElementNS(SVG, 'path');

	svg.setAttribute('viewBox', '0 0 20 20');
	svg.setAttribute('class', `icon ${className}`.trim());
	svg.setAttribute('aria-hidden', 'true');
	path.setAttribute('d', paths[name]);
	svg.append(path);
	return svg;
}

/* The mark: a bridge under a pane of glass. */
export function mark(): SVGSVGElement {
	const svg = document.createElementNS(SVG, 'svg');
	const strokes: [string, string][] = [
		['M3 5.5A2.5 2.5 0 0 1 5.5 3h13A2.5 2.5 0 0 1 21 5.5v13a2.5 2.5 0 0 1-2.5 2.5h-13A2.5 2.5 0 0 1 3 18.5z', 'mark-pane'],
		['M3 15.5h18M6.5 15.5a5.5 5.5 0 0 1 11 0M9.3 15.5v-4.6M12 15.5V10M14.7 15.5v-4.6', 'mark-bridge'],
	];

	svg.setAttribute('viewBox', '0 0 24 24');
	svg.setAttribute('class', 'mark');
	svg.setAttribute('aria-hidden', 'true');
	for (const [d, name] of strokes) {
		const path = document.createElementNS(SVG, 'path');

		path.setAttribute('d', d);
		path.setAttribute('class', name);
		svg.append(path);
	}
	return svg;
}
