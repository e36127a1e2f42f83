#include "hypervisor/proxmox/tags.h"

#include <stdio.h>
#include <string.h>

#include "core/crypto.h"
#include "proto/json.h"

enum { HEX_LEN = 6 };

/* "ff8000", as "#ff8000" */
static bool take_color(const char *text, size_t len, char ret[8])
{
	if (len != HEX_LEN || strspn(text, "0123456789abcdefABCDEF") < HEX_LEN)
		return false;
	(void)snprintf(ret, 8, "#%.*s", HEX_LEN, text);
	return true;
}

/* What can be read on a background: black or white. */
static void color_for(const char background[8], char ret[8])
{
	uint8_t rgb[HEX_LEN / 2] = {0};

	(void)crypto_unhex(background + 1, rgb, sizeof(rgb));
	(void)snprintf(ret, 8, "%s",
			299 * rgb[0] + 587 * rgb[1] + 114 * rgb[2] > 128000
					? "#000000"
					: "#ffffff");
}

/* "prod:ff0000" or "prod:ff0000:ffffff" */
static bool take_style(const char *text, size_t len, struct tag_style *ret)
{
	const char *back = memchr(text, ':', len);
	const char *end = text + len, *fore;

	if (!back || back == text || (size_t)(back - text) >= sizeof(ret->tag))
		return false;
	(void)snprintf(ret->tag, sizeof(ret->tag), "%.*s", (int)(back - text),
			text);
	back++;
	fore = memchr(back, ':', (size_t)(end - back));
	if (!take_color(back, (size_t)((fore ? fore : end) - back),
			    ret->background))
		return false;
	if (!fore || !take_color(fore + 1, (size_t)(end - fore - 1),
				     ret->color))
		color_for(ret->background, ret->color);
	return true;
}

/* As an object, or as its text "shape=full,color-map=prod:ff0000;web:0f0". */
static const char *color_map(const struct json *style)
{
	const char *text = json_text(json_get(style, "color-map"));

	if (text)
		return text;
	text = json_text(style);
	text = text ? strstr(text, "color-map=") : NULL;
	return text ? text + strlen("color-map=") : NULL;
}

size_t pve_tag_styles_of(const struct json *options,
		struct tag_style ret_styles[PVE_TAG_STYLES_MAX])
{
	const char *at = color_map(json_get(options, "tag-style"));
	size_t count = 0;

	while (at && *at && *at != ',' && count < PVE_TAG_STYLES_MAX) {
		size_t len = strcspn(at, ";,");

		count += take_style(at, len, &ret_styles[count]);
		at += len;
		at += *at == ';';
	}
	return count;
}
