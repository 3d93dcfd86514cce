using System.Globalization;
using System.Numerics;
using System.Text;

namespace Puzzle.Core.Text.Jinja;

/// <summary>Cuts a template into tokens; white space around tags is decided here.</summary>
internal sealed class Lexer
{
    private const int MaxDigits = 1000;
    private static readonly string[] Operators = ["**", "//", "==", "!=", ">=", "<=", "+", "-", "/", "*", "%", "~", "[", "]", "(", ")", "{", "}", ">", "<", "=", ".", ":", "|", ",", ";"];

    private readonly string _source;
    private readonly TemplateOptions _options;
    private readonly List<Token> _tokens = [];
    private int _at;
    private int _line = 1;
    private bool _lineStarts = true;

    private Lexer(string source, TemplateOptions options) => (_source, _options) = (source, options);

    public static IReadOnlyList<Token> Read(string source, TemplateOptions options)
    {
        source = source.Replace("\r\n", "\n").Replace('\r', '\n');
        if (!options.KeepTrailingNewline && source.EndsWith('\n'))
            source = source[..^1];
        var lexer = new Lexer(source, options);
        lexer.Run();
        return lexer._tokens;
    }

    private void Run()
    {
        while (true)
        {
            var tag = FindTag(_at);
            if (tag < 0)
            {
                Data(_source[_at..]);
                _tokens.Add(new(TokenKind.End, "", _line));
                return;
            }

            var kind = _source[tag + 1];
            var text = _source[_at..tag];
            var sign = Sign(tag + 2);
            Data(Before(text, sign, kind != '{'));
            Advance(tag + 2 + (sign == 0 ? 0 : 1));
            switch (kind)
            {
                case '#':
                    Comment();
                    break;
                case '{':
                    _tokens.Add(new(TokenKind.PrintBegin, "{{", _line));
                    Inside('}');
                    break;
                default:
                    if (!Raw())
                    {
                        _tokens.Add(new(TokenKind.BlockBegin, "{%", _line));
                        Inside('%');
                    }

                    break;
            }
        }
    }

    private int FindTag(int from)
    {
        for (var i = _source.IndexOf('{', from); i >= 0 && i + 1 < _source.Length; i = _source.IndexOf('{', i + 1))
        {
            if (_source[i + 1] is '{' or '%' or '#')
                return i;
        }

        return -1;
    }

    private char Sign(int at) => at < _source.Length && _source[at] is '-' or '+' ? _source[at] : default;

    private string Before(string text, char sign, bool isBlock)
    {
        if (sign == '-')
            return PythonText.TrimEnd(text);
        if (sign == '+' || !isBlock || !_options.LstripBlocks)
            return text;
        var start = text.LastIndexOf('\n') + 1;
        return (start > 0 || _lineStarts) && start < text.Length && text.AsSpan(start).IndexOfAnyExcept(" \t\f\v\u00a0") < 0 ? text[..start] : text;
    }

    private void Data(string text)
    {
        if (text.Length > 0)
            _tokens.Add(new(TokenKind.Data, text, _line));
    }

    private void Advance(int to)
    {
        _line += _source.AsSpan(_at, to - _at).Count('\n');
        _at = to;
    }

    private void Comment()
    {
        var end = _source.IndexOf("#}", _at, StringComparison.Ordinal);
        if (end < 0)
            throw new TemplateException("Missing end of comment tag", _line);
        var sign = end > _at ? Sign(end - 1) : default;
        Advance(end + 2);
        After(sign, trims: true);
    }

    /// <summary>White space behind a tag.</summary>
    private void After(char sign, bool trims)
    {
        var end = _at;
        if (sign == '-')
        {
            while (end < _source.Length && PythonText.IsSpace(_source[end]))
                end++;
        }
        else if (sign != '+' && trims && _options.TrimBlocks && end < _source.Length && _source[end] == '\n')
        {
            end++;
        }

        _lineStarts = end > _at && _source[end - 1] == '\n';
        Advance(end);
    }

    /// <summary><c>{% raw %}</c> up to its end.</summary>
    private bool Raw()
    {
        if (Tag(_at, "raw") is not { } begin)
            return false;
        var line = _line;
        Advance(begin.End);
        After(begin.Sign == '-' ? '-' : '+', trims: false);
        for (var i = _source.IndexOf("{%", _at, StringComparison.Ordinal); i >= 0; i = _source.IndexOf("{%", i + 2, StringComparison.Ordinal))
        {
            var sign = Sign(i + 2);
            if (Tag(i + 2 + (sign == 0 ? 0 : 1), "endraw") is not { } end)
                continue;
            Data(Before(_source[_at..i], sign, isBlock: true));
            Advance(end.End);
            After(end.Sign, trims: true);
            return true;
        }

        throw new TemplateException("Missing end of raw directive", line);
    }

    private (int End, char Sign)? Tag(int at, string name)
    {
        while (at < _source.Length && PythonText.IsSpace(_source[at]))
            at++;
        if (!_source.AsSpan(at).StartsWith(name))
            return null;
        at += name.Length;
        while (at < _source.Length && PythonText.IsSpace(_source[at]))
            at++;
        var sign = Sign(at);
        at += sign == 0 ? 0 : 1;
        return _source.AsSpan(at).StartsWith("%}") ? (at + 2, sign) : null;
    }

    private void Inside(char close)
    {
        var brackets = new Stack<char>();
        while (_at < _source.Length)
        {
            var c = _source[_at];
            if (PythonText.IsSpace(c))
            {
                Advance(_at + 1);
                continue;
            }

            var sign = Sign(_at);
            var end = _at + (sign == 0 || (close == '}' && sign == '+') ? 0 : 1);
            if (brackets.Count == 0 && end + 1 < _source.Length && _source[end] == close && _source[end + 1] == '}')
            {
                _tokens.Add(close == '}' ? new(TokenKind.PrintEnd, "}}", _line) : new(TokenKind.BlockEnd, "%}", _line));
                Advance(end + 2);
                After(end + 2 == _at && sign != 0 ? sign : default, trims: close == '%');
                return;
            }

            if (char.IsAsciiDigit(c))
                Number();
            else if (c is '\'' or '"')
                Text(c);
            else if (char.IsLetter(c) || c == '_')
                Name();
            else
                Operator(brackets);
        }

        throw new TemplateException($"unexpected end of template, expected '{(close == '}' ? "end of print statement" : "end of statement block")}'.", _line);
    }

    private void Name()
    {
        var end = _at;
        while (end < _source.Length && (char.IsLetterOrDigit(_source[end]) || _source[end] == '_'))
            end++;
        _tokens.Add(new(TokenKind.Name, _source[_at..end], _line));
        _at = end;
    }

    private void Operator(Stack<char> brackets)
    {
        var op = Array.Find(Operators, o => _source.AsSpan(_at).StartsWith(o)) ?? throw new TemplateException($"unexpected char '{_source[_at]}' at {_at}", _line);
        if (op[0] is '(' or '[' or '{')
            brackets.Push(op[0] switch { '(' => ')', '[' => ']', _ => '}' });
        else if (op[0] is ')' or ']' or '}' && (!brackets.TryPop(out var expected) || expected != op[0]))
            throw new TemplateException($"unexpected '{op}'", _line);
        _tokens.Add(new(TokenKind.Operator, op, _line));
        _at += op.Length;
    }

    private void Number()
    {
        var start = _at;
        if (_source[start] == '0' && start + 2 < _source.Length && (_source[start + 1] | 32) is 'x' or 'b' or 'o')
        {
            var end = start + 2;
            while (end < _source.Length && (char.IsAsciiHexDigit(_source[end]) || _source[end] == '_'))
                end++;
            var digits = _source[(start + 2)..end].Replace("_", "");
            var bits = (_source[start + 1] | 32) switch { 'x' => 4, 'o' => 3, _ => 1 };
            var value = BigInteger.Zero;
            foreach (var digit in digits.Length <= MaxDigits ? digits : throw new TemplateException("a number of too many digits", _line))
            {
                var d = Convert.ToInt32(digit.ToString(), 16);
                value = d < 1 << bits ? (value << bits) + d : throw new TemplateException($"'{digit}' is no digit of the number {_source[start..end]}", _line);
            }

            Add(end, PythonNumbers.Narrow(value));
            return;
        }

        var at = Digits(start);
        var isFloat = false;
        // The parts of a.0.1 are indices, not numbers with a fraction.
        var isIndex = start > 0 && _source[start - 1] == '.';
        if (!isIndex && at + 1 < _source.Length && _source[at] == '.' && char.IsAsciiDigit(_source[at + 1]))
            (at, isFloat) = (Digits(at + 1), true);
        if (!isIndex && at + 1 < _source.Length && (_source[at] | 32) == 'e')
        {
            var exponent = at + (_source[at + 1] is '+' or '-' ? 2 : 1);
            if (exponent < _source.Length && char.IsAsciiDigit(_source[exponent]))
                (at, isFloat) = (Digits(exponent), true);
        }

        var text = _source[start..at].Replace("_", "");
        if (text.Length > MaxDigits)
            throw new TemplateException("a number of too many digits", _line);
        Add(at, isFloat ? double.Parse(text, CultureInfo.InvariantCulture) : PythonNumbers.Narrow(BigInteger.Parse(text, CultureInfo.InvariantCulture)));

        void Add(int end, object value)
        {
            _tokens.Add(new(TokenKind.Number, _source[start..end], _line, value));
            _at = end;
        }
    }

    private int Digits(int at)
    {
        while (at < _source.Length && (char.IsAsciiDigit(_source[at]) || (_source[at] == '_' && at + 1 < _source.Length && char.IsAsciiDigit(_source[at + 1]))))
            at++;
        return at;
    }

    private void Text(char quote)
    {
        var text = new StringBuilder();
        var i = _at + 1;
        for (; i < _source.Length && _source[i] != quote; i++)
        {
            if (_source[i] != '\\' || i + 1 == _source.Length)
            {
                text.Append(_source[i]);
                continue;
            }

            i = Escape(text, i + 1);
        }

        if (i >= _source.Length)
            throw new TemplateException($"a text that begins with {quote} does not end", _line);
        _tokens.Add(new(TokenKind.Text, "", _line, text.ToString()));
        Advance(i + 1);
    }

    /// <returns>The place of the escape's last character.</returns>
    private int Escape(StringBuilder text, int at)
    {
        var c = _source[at];
        if ("\\'\"abfnrtv".IndexOf(c) is >= 0 and var simple)
        {
            text.Append("\\'\"\a\b\f\n\r\t\v"[simple]);
            return at;
        }

        if (c == '\n')
            return at;
        if (c is >= '0' and <= '7')
        {
            var end = at;
            var value = 0;
            while (end < _source.Length && end < at + 3 && _source[end] is >= '0' and <= '7')
                value = (value * 8) + _source[end++] - '0';
            text.Append((char)value);
            return end - 1;
        }

        var length = c switch { 'x' => 2, 'u' => 4, 'U' => 8, _ => 0 };
        if (length == 0)
        {
            text.Append('\\').Append(c);
            return at;
        }

        if (at + length >= _source.Length || !int.TryParse(_source.AsSpan(at + 1, length), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var code) || code is < 0 or > 0x10FFFF)
            throw new TemplateException($"\\{c} in a text must be followed by {length} hexadecimal digits of a character", _line);
        text.Append(code > 0xFFFF ? char.ConvertFromUtf32(code) : ((char)code).ToString());
        return at + length;
    }
}
