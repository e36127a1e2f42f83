# A small desktop for pictures of the page: a panel, a terminal, a clock.
package require Tk

wm withdraw .
option add *cursor left_ptr
set w [winfo screenwidth .]
set h [winfo screenheight .]

proc window {path x y width height title} {
	toplevel $path -background #24323c
	wm overrideredirect $path 1
	wm geometry $path ${width}x${height}+${x}+${y}
	label $path.title -text $title -background #24323c -foreground #d7e3ea \
		-font {{DejaVu Sans} 10 bold} -anchor w -padx 12 -pady 6
	pack $path.title -fill x
}

toplevel .desk
wm overrideredirect .desk 1
wm geometry .desk ${w}x${h}+0+0
canvas .desk.c -highlightthickness 0 -background #16303c
pack .desk.c -fill both -expand 1
for {set i 0} {$i < 48} {incr i} {
	set y [expr {$i * $h / 48}]
	set colour [format "#%02x%02x%02x" [expr {18 + $i / 3}] \
		[expr {44 + $i}] [expr {64 + $i * 2}]]
	.desk.c create rectangle 0 $y $w [expr {$y + $h / 48 + 1}] \
		-fill $colour -outline {}
}
.desk.c create arc [expr {$w * 0.1}] [expr {$h * 0.55}] [expr {$w * 0.9}] \
	[expr {$h * 1.6}] -start 0 -extent 180 -style arc -outline #3f7f92 -width 5
for {set i 1} {$i < 12} {incr i} {
	set x [expr {$w * (0.1 + 0.8 * $i / 12)}]
	.desk.c create line $x [expr {$h * 0.86}] $x [expr {$h * 0.98}] \
		-fill #2f6778 -width 2
}
.desk.c create line 0 [expr {$h * 0.86}] $w [expr {$h * 0.86}] \
	-fill #3f7f92 -width 4

toplevel .panel -background #101a20
wm overrideredirect .panel 1
wm geometry .panel ${w}x32+0+0
label .panel.name -text "kiosk" -background #101a20 -foreground #e4ecf1 \
	-font {{DejaVu Sans} 10 bold} -padx 14
label .panel.clock -text "10:42" -background #101a20 -foreground #e4ecf1 \
	-font {{DejaVu Sans} 10} -padx 14
pack .panel.name -side left
pack .panel.clock -side right

window .term 70 90 610 380 "ops@kiosk: ~"
text .term.t -background #0c1216 -foreground #c9d7de -borderwidth 0 \
	-font {{DejaVu Sans Mono} 11} -padx 12 -pady 10 -highlightthickness 0
.term.t tag configure p -foreground #5bd38d
.term.t insert end "ops@kiosk:~\$ " p "uptime\n" {} \
	" 10:42:07 up 23 days, 4:11, 2 users, load average: 0.08\n" {} \
	"ops@kiosk:~\$ " p "df -h /\n" {} \
	"Filesystem      Size  Used Avail Use% Mounted on\n" {} \
	"/dev/vda1        32G   11G   20G  36% /\n" {} \
	"ops@kiosk:~\$ " p "systemctl --failed\n" {} \
	"0 loaded units listed.\n" {} "ops@kiosk:~\$ " p "\u2588" {}
pack .term.t -fill both -expand 1

window .load [expr {$w - 330}] 90 260 190 "Load"
canvas .load.c -background #0c1216 -highlightthickness 0
pack .load.c -fill both -expand 1
set points {}
for {set i 0} {$i <= 26} {incr i} {
	lappend points [expr {$i * 10}] \
		[expr {100 - 34 * sin($i / 3.1) - ($i * 37 % 23)}]
}
.load.c create line $points -fill #62c6e6 -width 2 -smooth 1

lower .desk
raise .panel
raise .term
raise .load
