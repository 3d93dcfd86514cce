using System.Globalization;
using System.Text;

namespace Puzzle.Evaluation.Text;

/// <summary>Python's <c>ast.literal_eval</c>: the harness prints lists by a template and reads them back by this.</summary>
public sealed class PythonLiteral
{
    private const int MaxDepth = 100;

    private readonly string _text;
    private int _at;

    private PythonLiteral(string text) => _text = text;

    /// <param name="value">string, long, double, bool, null, List or OrderedDictionary of these.</param>
    /// <returns>False where the text is no literal.</returns>
    public static bool TryParse(string text, out object? value)
    {
        var parser = new PythonLiteral(text);
        try
        {
            value = parser.Value(0);
            parser.SkipSpaces();
            return parser._at == text.Length;
        }
        catch (FormatException)
        {
            value = null;
            return false;
        }
    }

    private object? Value(int depth)
    {
        SkipSpaces();
        if (_at == _text.Length || depth > MaxDepth)
            throw new FormatException();
        var first = _text[_at];
        return first switch
        {
            '[' => Sequence(']', depth),
            '(' => Sequence(')', depth),
            '{' => Mapping(depth),
            '\'' or '"' => Strings(),
            _ => char.IsAsciiDigit(first) || first is '-' or '+' or '.' ? Number() : Word(),
        };
    }

    private object? Sequence(char close, int depth)
    {
        _at++;
        var items = new List<object?>();
        var commas = false;
        while (!Take(close))
        {
            items.Add(Value(depth + 1));
            if (Take(','))
                commas = true;
            else if (!Peek(close))
                throw new FormatException();
        }

        // (x) is x, (x,) is a tuple.
        return close == ')' && items.Count == 1 && !commas ? items[0] : items;
    }

    private OrderedDictionary<string, object?> Mapping(int depth)
    {
        _at++;
        var items = new OrderedDictionary<string, object?>(StringComparer.Ordinal);
        while (!Take('}'))
        {
            var key = Value(depth + 1);
            if (!Take(':'))
                throw new FormatException();
            items[key as string ?? PythonJson.Write(key)] = Value(depth + 1);
            if (!Take(',') && !Peek('}'))
                throw new FormatException();
        }

        return items;
    }

    // Strings side by side are one string.
    private string Strings()
    {
        var text = new StringBuilder();
        do
        {
            String(text);
            SkipSpaces();
        }
        while (_at < _text.Length && _text[_at] is '\'' or '"');
        return text.ToString();
    }

    private void String(StringBuilder text)
    {
        var quote = _text[_at];
        var triple = _at + 2 < _text.Length && _text[_at + 1] == quote && _text[_at + 2] == quote;
        var close = new string(quote, triple ? 3 : 1);
        _at += close.Length;
        while (string.CompareOrdinal(_text, _at, close, 0, close.Length) != 0)
        {
            if (_at >= _text.Length || (_text[_at] == '\n' && !triple))
                throw new FormatException();
            if (_text[_at] == '\\')
                Escape(text);
            else
                text.Append(_text[_at++]);
        }

        _at += close.Length;
    }

    private void Escape(StringBuilder text)
    {
        if (++_at >= _text.Length)
            throw new FormatException();
        var kind = _text[_at++];
        _ = kind switch
        {
            '\n' => text,
            '\\' or '\'' or '"' => text.Append(kind),
            'a' => text.Append('\a'),
            'b' => text.Append('\b'),
            'f' => text.Append('\f'),
            'n' => text.Append('\n'),
            'r' => text.Append('\r'),
            't' => text.Append('\t'),
            'v' => text.Append('\v'),
            'x' => Code(text, 2),
            'u' => Code(text, 4),
            'U' => Code(text, 8),
            >= '0' and <= '7' => Octal(text),
            _ => text.Append('\\').Append(kind),
        };
    }

    private StringBuilder Code(StringBuilder text, int digits)
    {
        if (_at + digits > _text.Length || !int.TryParse(_text.AsSpan(_at, digits), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var code) || code > 0x10FFFF)
            throw new FormatException();
        _at += digits;
        return code is >= 0xD800 and <= 0xDFFF || code < 0x10000 ? text.Append((char)code) : text.Append(char.ConvertFromUtf32(code));
    }

    private StringBuilder Octal(StringBuilder text)
    {
        var code = 0;
        _at--;
        for (var i = 0; i < 3 && _at < _text.Length && _text[_at] is >= '0' and <= '7'; i++)
            code = (code * 8) + (_text[_at++] - '0');
        return text.Append((char)code);
    }

    private object Number()
    {
        var start = _at++;
        while (_at < _text.Length && (char.IsAsciiLetterOrDigit(_text[_at]) || _text[_at] is '.' or '_' || (_text[_at] is '-' or '+' && _text[_at - 1] is 'e' or 'E')))
            _at++;
        var text = _text[start.._at].Replace("_", "");
        if (long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var integer))
            return integer;
        return double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) ? number : throw new FormatException();
    }

    private object? Word()
    {
        foreach (var (word, value) in (ReadOnlySpan<(string, object?)>)[("None", null), ("True", true), ("False", false)])
        {
            if (string.CompareOrdinal(_text, _at, word, 0, word.Length) == 0)
            {
                _at += word.Length;
                return value;
            }
        }

        throw new FormatException();
    }

    private bool Peek(char character)
    {
        SkipSpaces();
        return _at < _text.Length && _text[_at] == character;
    }

    private bool Take(char character)
    {
        if (!Peek(character))
            return false;
        _at++;
        return true;
    }

    private void SkipSpaces()
    {
        while (_at < _text.Length && _text[_at] is ' ' or '\t' or '\n' or '\r' && _at < _text.Length)
            _at++;
    }
}
