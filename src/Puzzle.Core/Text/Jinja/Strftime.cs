using System.Globalization;
using System.Text;

namespace Puzzle.Core.Text.Jinja;

/// <summary>Dates as C's <c>strftime</c> writes them, in English.</summary>
internal static class Strftime
{
    public static string Apply(RenderContext context, DateTime time, string format)
    {
        var text = new StringBuilder();
        for (var i = 0; i < format.Length; i++)
        {
            if (format[i] != '%' || i + 1 == format.Length)
            {
                text.Append(format[i]);
                continue;
            }

            var bare = format[i + 1] == '-' && i + 2 < format.Length;
            i += bare ? 2 : 1;
            var part = Part(time, format[i]);
            text.Append(context.Made(bare && part.Length > 1 ? part.TrimStart('0', ' ') is { Length: > 0 } short_ ? short_ : "0" : part));
        }

        return context.Made(text.ToString());
    }

    private static string Part(DateTime time, char code) => code switch
    {
        'a' => time.ToString("ddd", CultureInfo.InvariantCulture),
        'A' => time.ToString("dddd", CultureInfo.InvariantCulture),
        'b' or 'h' => time.ToString("MMM", CultureInfo.InvariantCulture),
        'B' => time.ToString("MMMM", CultureInfo.InvariantCulture),
        'c' => $"{Part(time, 'a')} {Part(time, 'b')} {Part(time, 'e')} {Part(time, 'T')} {time.Year}",
        'C' => $"{time.Year / 100:00}",
        'd' => $"{time.Day:00}",
        'D' or 'x' => $"{time.Month:00}/{time.Day:00}/{time.Year % 100:00}",
        'e' => $"{time.Day,2}",
        'f' => $"{time.Ticks % TimeSpan.TicksPerSecond / 10:000000}",
        'F' => $"{time.Year:0000}-{time.Month:00}-{time.Day:00}",
        'G' => $"{ISOWeek.GetYear(time):0000}",
        'H' => $"{time.Hour:00}",
        'I' => $"{((time.Hour + 11) % 12) + 1:00}",
        'j' => $"{time.DayOfYear:000}",
        'k' => $"{time.Hour,2}",
        'l' => $"{((time.Hour + 11) % 12) + 1,2}",
        'm' => $"{time.Month:00}",
        'M' => $"{time.Minute:00}",
        'n' => "\n",
        'p' => time.Hour < 12 ? "AM" : "PM",
        'P' => time.Hour < 12 ? "am" : "pm",
        'r' => $"{Part(time, 'I')}:{time.Minute:00}:{time.Second:00} {Part(time, 'p')}",
        'R' => $"{time.Hour:00}:{time.Minute:00}",
        's' => new DateTimeOffset(time).ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture),
        'S' => $"{time.Second:00}",
        't' => "\t",
        'T' or 'X' => $"{time.Hour:00}:{time.Minute:00}:{time.Second:00}",
        'u' => $"{(((int)time.DayOfWeek + 6) % 7) + 1}",
        'U' => $"{(time.DayOfYear + 6 - (int)time.DayOfWeek) / 7:00}",
        'V' => $"{ISOWeek.GetWeekOfYear(time):00}",
        'w' => $"{(int)time.DayOfWeek}",
        'W' => $"{(time.DayOfYear + 6 - (((int)time.DayOfWeek + 6) % 7)) / 7:00}",
        'y' => $"{time.Year % 100:00}",
        'Y' => $"{time.Year}",
        'z' or 'Z' => "",
        '%' => "%",
        _ => $"%{code}",
    };
}
