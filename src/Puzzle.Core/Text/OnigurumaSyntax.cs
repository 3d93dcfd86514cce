using System.Text;

namespace Puzzle.Core.Text;

/// <summary>Rewrites an Oniguruma (Ruby syntax) expression for .NET: possessive quantifiers, POSIX brackets, <c>\h</c>, scripts, nested classes.</summary>
internal sealed class OnigurumaSyntax
{
    private const string Word = @"\p{L}\p{M}\p{Nd}\p{Pc}";
    private const string HanRanges = @"\u2E80-\u2E99\u2E9B-\u2EF3\u2F00-\u2FD5\u3005\u3007\u3021-\u3029\u3038-\u303B\u3400-\u4DBF\u4E00-\u9FFF\uF900-\uFA6D\uFA70-\uFAD9";

    private static readonly Dictionary<string, string> Properties = new(StringComparer.OrdinalIgnoreCase)
    {
        ["letter"] = @"\p{L}",
        ["number"] = @"\p{N}",
        ["punctuation"] = @"\p{P}",
        ["symbol"] = @"\p{S}",
        ["mark"] = @"\p{M}",
        ["separator"] = @"\p{Z}",
        ["other"] = @"\p{C}",
        ["alnum"] = @"\p{L}\p{M}\p{Nl}\p{Nd}",
        ["alpha"] = @"\p{L}\p{M}\p{Nl}",
        ["digit"] = @"\p{Nd}",
        ["space"] = @"\s",
        ["white_space"] = @"\s",
        ["upper"] = @"\p{Lu}",
        ["lower"] = @"\p{Ll}",
        ["punct"] = @"\p{P}$+<=>^`|~",
        ["xdigit"] = "0-9a-fA-F",
        ["word"] = Word,
        ["cntrl"] = @"\p{Cc}",
        ["blank"] = @"\p{Zs}\t",
        ["ascii"] = @"\x00-\x7F",
        ["han"] = HanRanges,
        ["hiragana"] = @"\u3041-\u3096\u309D-\u309F",
        ["katakana"] = @"\u30A1-\u30FA\u30FD-\u30FF\u31F0-\u31FF\uFF66-\uFF6F\uFF71-\uFF9D",
        ["hangul"] = @"\u1100-\u11FF\u302E\u302F\u3131-\u318E\u3200-\u321E\u3260-\u327E\uA960-\uA97C\uAC00-\uD7A3\uD7B0-\uD7C6\uD7CB-\uD7FB\uFFA0-\uFFBE\uFFC2-\uFFC7\uFFCA-\uFFCF\uFFD2-\uFFD7\uFFDA-\uFFDC",
    };

    private readonly string _text;
    private readonly StringBuilder _output = new();
    private readonly Stack<int> _groups = new();
    private int _at;

    private OnigurumaSyntax(string text) => _text = text;

    /// <exception cref="ArgumentException">A construct that .NET cannot express.</exception>
    public static string ToDotNet(string expression) => new OnigurumaSyntax(expression).Translate();

    private string Translate()
    {
        while (_at < _text.Length)
        {
            var start = _output.Length;
            var c = _text[_at];
            switch (c)
            {
                case '(':
                    _groups.Push(start);
                    OpenGroup();
                    continue;
                case ')':
                    if (_groups.Count == 0)
                        throw new ArgumentException("a closing parenthesis without its opening one");
                    start = _groups.Pop();
                    Copy(1);
                    break;
                case '[':
                    _output.Append(Class(0));
                    break;
                case '\\':
                    Escape();
                    break;
                default:
                    if (char.IsHighSurrogate(c))
                        throw new ArgumentException("characters beyond U+FFFF are not supported in expressions");
                    Copy(1);
                    break;
            }

            if (c is not ('|' or '^' or '$'))
                Quantifiers(start);
        }

        return _output.ToString();
    }

    private void Copy(int count)
    {
        _output.Append(_text, _at, count);
        _at += count;
    }

    private void OpenGroup()
    {
        Copy(1);
        if (_at >= _text.Length || _text[_at] != '?')
            return;
        Copy(1);
        // Ruby's (?m) lets the dot match line feeds: .NET calls that s.
        while (_at < _text.Length && (char.IsAsciiLetter(_text[_at]) || _text[_at] == '-'))
        {
            _output.Append(_text[_at] == 'm' ? 's' : _text[_at]);
            _at++;
        }
    }

    private void Quantifiers(int start)
    {
        while (_at < _text.Length)
        {
            var length = _text[_at] switch
            {
                '*' or '+' or '?' => 1,
                '{' => Interval(),
                _ => 0,
            };
            if (length == 0)
                return;
            var simple = length == 1;
            Copy(length);
            if (_at >= _text.Length)
                return;
            if (_text[_at] == '?' && simple)
                Copy(1);
            else if (_text[_at] == '?')
                Copy(1);
            else if (_text[_at] == '+' && simple)
            {
                _at++;
                _output.Insert(start, "(?>").Append(')');
            }
            else if (_text[_at] is '+' or '*' or '{')
                _output.Insert(start, "(?:").Append(')');
        }
    }

    /// <summary>Length of <c>{n}</c>, <c>{n,}</c> or <c>{n,m}</c> here, else 0 (a brace that stands for itself).</summary>
    private int Interval()
    {
        var end = _text.IndexOf('}', _at);
        return end > _at + 1 && char.IsAsciiDigit(_text[_at + 1]) && _text[(_at + 1)..end].All(c => char.IsAsciiDigit(c) || c == ',') ? end - _at + 1 : 0;
    }

    private void Escape()
    {
        var next = _at + 1 < _text.Length ? _text[_at + 1] : throw new ArgumentException("a backslash at the end");
        switch (next)
        {
            case 'R':
                _at += 2;
                _output.Append(@"(?>\r\n|[\n-\r\u0085\u2028\u2029])");
                return;
            case 'K' or 'X' or 'G' or 'g' or 'y' or 'Y' or 'N' or 'O':
                throw new ArgumentException($"\\{next} is not supported");
            case 'w' or 'W' or 'h' or 'H' or 'p' or 'P' or 'x':
                var (members, negated) = ClassEscape();
                _output.Append(negated ? "[^" : "[").Append(members).Append(']');
                return;
            default:
                Copy(2);
                return;
        }
    }

    /// <summary>Members of a class that an escape stands for, and whether they are excluded.</summary>
    private (string Members, bool Negated) ClassEscape()
    {
        var kind = _text[_at + 1];
        _at += 2;
        switch (kind)
        {
            case 'w' or 'W':
                return (Word, kind == 'W');
            case 'h' or 'H':
                return ("0-9a-fA-F", kind == 'H');
            case 'x':
                return ($"\\u{HexCode():X4}", false);
        }

        if (_at >= _text.Length || _text[_at] != '{' || _text.IndexOf('}', _at) is not (> 0 and var end))
            throw new ArgumentException($"\\{kind} needs a name in braces");
        var name = _text[(_at + 1)..end];
        _at = end + 1;
        var negated = kind == 'P';
        if (name.StartsWith('^'))
        {
            negated = !negated;
            name = name[1..];
        }

        if (name.Length is 1 or 2)
            return ($"\\p{{{char.ToUpperInvariant(name[0])}{name[1..].ToLowerInvariant()}}}", negated);
        return Properties.TryGetValue(name.Replace(' ', '_'), out var members)
            ? (members, negated)
            : throw new ArgumentException($"the property '{name}' is not supported");
    }

    private int HexCode()
    {
        var digits = 0;
        if (_at < _text.Length && _text[_at] == '{')
        {
            var end = _text.IndexOf('}', _at);
            if (end < 0 || !int.TryParse(_text.AsSpan(_at + 1, end - _at - 1), System.Globalization.NumberStyles.AllowHexSpecifier, null, out var code) || code > 0xFFFF)
                throw new ArgumentException("a code point beyond U+FFFF or without digits");
            _at = end + 1;
            return code;
        }

        while (digits < 2 && _at + digits < _text.Length && char.IsAsciiHexDigit(_text[_at + digits]))
            digits++;
        if (digits == 0)
            throw new ArgumentException("\\x without digits");
        _at += digits;
        return Convert.ToInt32(_text.Substring(_at - digits, digits), 16);
    }

    private string Class(int depth)
    {
        if (depth > 16)
            throw new ArgumentException("classes are nested too deep");
        var members = new StringBuilder("[");
        _at++;
        if (_at < _text.Length && _text[_at] == '^')
        {
            members.Append('^');
            _at++;
        }

        for (var first = true; ; first = false)
        {
            if (_at >= _text.Length)
                throw new ArgumentException("a class without its closing bracket");
            var c = _text[_at];
            if (c == ']' && !first)
            {
                _at++;
                return members.Append(']').ToString();
            }

            if (c == '[')
                members.Append(Nested(depth));
            else if (c == '&' && _at + 1 < _text.Length && _text[_at + 1] == '&')
                throw new ArgumentException("intersections of classes are not supported");
            else if (char.IsHighSurrogate(c))
                throw new ArgumentException("characters beyond U+FFFF are not supported in expressions");
            else if (c == '\\' && _at + 1 < _text.Length)
                AppendClassEscape(members);
            else
            {
                members.Append(c == ']' ? "\\]" : c.ToString());
                _at++;
            }
        }
    }

    private void AppendClassEscape(StringBuilder members)
    {
        if (!"wWhHpPx".Contains(_text[_at + 1]))
        {
            members.Append(_text, _at, 2);
            _at += 2;
            return;
        }

        var (inner, negated) = ClassEscape();
        if (!negated)
            members.Append(inner);
        else if (inner.StartsWith(@"\p{", StringComparison.Ordinal) && inner.IndexOf('}') == inner.Length - 1)
            members.Append(@"\P").Append(inner, 2, inner.Length - 2);
        else if (inner == Word)
            members.Append(@"\W");
        else
            throw new ArgumentException("this negated property is not supported inside a class");
    }

    private string Nested(int depth)
    {
        if (_at + 1 < _text.Length && _text[_at + 1] == ':')
        {
            var end = _text.IndexOf(":]", _at, StringComparison.Ordinal);
            if (end > 0 && Properties.TryGetValue(_text[(_at + 2)..end], out var members))
            {
                _at = end + 2;
                return members;
            }

            throw new ArgumentException("an unknown POSIX bracket");
        }

        var inner = Class(depth + 1);
        return inner.StartsWith("[^", StringComparison.Ordinal)
            ? throw new ArgumentException("a negated class inside a class is not supported")
            : inner[1..^1];
    }
}
