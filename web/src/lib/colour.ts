/* Colours that others chose, made readable. */
const LEAST = 4.5; /* WCAG AA for text */

type Rgb = [number, number, number];

/* "#rrggbb", or null for anything else: it goes into a style. */
function parse(colour: unknown): Rgb | null {
	const match = typeof colour === 'string' ?
		/^#([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})$/i.exec(colour) : null;

	return match ? [match[1], match[2], match[3]].map((part) =>
		parseInt(part ?? '0', 16)) as Rgb : null;
}

function luminance(rgb: Rgb): number {
	const [r, g, b] = rgb.map((part) => {
		const share = part / 255;

		return share <= 0.04045 ? share / 12.92 :
			((share + 0.055) / 1.055) ** 2.4;
	}) as Rgb;

	return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(a: Rgb, b: Rgb): number {
	const [light, dark] = [luminance(a), luminance(b)]
		.sort((x, y) => y - x) as [number, number];

	return (light + 0.05) / (dark + 0.05);
}

const black: Rgb = [0, 0, 0];
const white: Rgb = [255, 255, 255];

/* The text colour to use on this background; null: these are no colours. */
export function readableOn(background: unknown, wish: unknown):
	string | null {
	const ground = parse(background);
	const ink = parse(wish);

	if (!ground)
		return null;
	if (ink && contrast(ground, ink) >= LEAST)
		return wish as string;
	return contrast(ground, black) >= contrast(ground, white) ? '#000000' :
		'#ffffff';
}
