# SPDX-License-Identifier: GPL-3.0-or-later
# The segments of an X12 file as Debian's X12::Parser (libx12-parser-perl) sees them, in the form of x12_segments.
# Usage: perl x12_parser.pl FILE
use strict;
use warnings;
use X12::Parser;

my $dir = $INC{'X12/Parser.pm'};
$dir =~ s/\.pm$//;
my $parser = X12::Parser->new;
$parser->parsefile(file => $ARGV[0], conf => "$dir/cf/834_004010X095.cf");
my $separator = quotemeta $parser->get_element_separator;
my $terminator = quotemeta substr($parser->get_segment_separator, 0, 1); # with the line break behind it
while (my $loop = $parser->get_next_loop) {
    for my $segment ($parser->get_loop_segments) {
        $segment =~ s/$terminator\s*$//; # it stays on the last segment of a file without a final line break,
        next if $segment =~ /^\s*$/;     # and what follows the last one is given as a segment
        my @elements = split /$separator/, $segment, -1;
        s/^\s+|\s+$//g for @elements;
        print join('|', @elements), "\n";
    }
}
