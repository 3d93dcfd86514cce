using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;

namespace Puzzle.Core.Reports;

/// <summary>
/// Builds XHTML. Only literals of the source code are markup: every hole of an interpolated string is escaped, and a plain
/// string cannot be added at all. So text from outside (names, recipes, paths) cannot become markup by an oversight.
/// </summary>
internal sealed class Markup
{
    private readonly StringBuilder _text = new();

    /// <summary>Adds an interpolated string: literals as they are, holes escaped, holes of type <see cref="Markup"/> as they are.</summary>
    public Markup Add([InterpolatedStringHandlerArgument("")] ref Handler markup)
    {
        _ = markup;
        return this;
    }

    /// <inheritdoc/>
    public override string ToString() => _text.ToString();

    /// <summary>Adds text as it is: for the style sheet only.</summary>
    internal Markup AddTrusted(string text)
    {
        _text.Append(text);
        return this;
    }

    private void Escape(string? text)
    {
        for (var i = 0; i < (text?.Length ?? 0); i++)
        {
            var c = text![i];
            switch (c)
            {
                case '&': _text.Append("&amp;"); break;
                case '<': _text.Append("&lt;"); break;
                case '>': _text.Append("&gt;"); break;
                case '"': _text.Append("&quot;"); break;
                case '\'': _text.Append("&#39;"); break;
                case '\n' or '\t': _text.Append(c); break;
                case '\r': break;
                default:
                    if (char.IsHighSurrogate(c) && i + 1 < text.Length && char.IsLowSurrogate(text[i + 1]))
                        _text.Append(c).Append(text[++i]);
                    else if (char.IsControl(c) || char.IsSurrogate(c) || c >= '\uFFFE' || c is (>= '\u202A' and <= '\u202E') or (>= '\u2066' and <= '\u2069'))
                        _text.Append('\uFFFD'); // not allowed in XML, or turns the direction of the text around it
                    else
                        _text.Append(c);
                    break;
            }
        }
    }

    /// <summary>Receives the parts of an interpolated string.</summary>
    [InterpolatedStringHandler]
    public readonly ref struct Handler
    {
        private readonly Markup _target;

        /// <summary>Called by the compiler.</summary>
        public Handler(int literalLength, int formattedCount, Markup target)
        {
            _ = formattedCount;
            _target = target;
            target._text.EnsureCapacity(target._text.Length + literalLength);
        }

        /// <summary>Source code: as it is.</summary>
        public void AppendLiteral(string value) => _target._text.Append(value);

        /// <summary>Text: escaped.</summary>
        public void AppendFormatted(string? value) => _target.Escape(value);

        /// <summary>Markup: as it is.</summary>
        public void AppendFormatted(Markup value) => _target._text.Append(value._text);

        /// <summary>A whole number.</summary>
        public void AppendFormatted(int value) => _target._text.Append(CultureInfo.InvariantCulture, $"{value}");

        /// <summary>A coordinate: at most two decimals.</summary>
        public void AppendFormatted(double value) => _target._text.Append(CultureInfo.InvariantCulture, $"{value:0.##}");
    }
}
