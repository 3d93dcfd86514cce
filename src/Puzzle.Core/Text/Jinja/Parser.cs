using System.Runtime.CompilerServices;

namespace Puzzle.Core.Text.Jinja;

/// <summary>Reads tokens into statements; expressions are in the other part.</summary>
internal sealed partial class Parser
{
    private static readonly string[] Reading = ["include", "import", "from", "extends"];

    private readonly IReadOnlyList<Token> _tokens;
    private readonly TemplateOptions _options;
    private int _at;
    private int _depth;
    private int _loops;

    private Parser(IReadOnlyList<Token> tokens, TemplateOptions options) => (_tokens, _options) = (tokens, options);

    private Token Current => _tokens[_at];

    public static IReadOnlyList<Statement> Read(string source, TemplateOptions options)
    {
        var parser = new Parser(Lexer.Read(source, options), options);
        var body = parser.Body();
        return parser.Current.Kind == TokenKind.End ? body : throw parser.Fail($"Encountered unknown tag '{parser.Current.Text}'.");
    }

    private TemplateException Fail(string reason) => new(reason, Current.Line);

    /// <summary>Statements up to the end of the template or one of the tags, whose name is then current.</summary>
    private List<Statement> Body(params ReadOnlySpan<string> ends)
    {
        Enter();
        var body = new List<Statement>();
        while (Current.Kind != TokenKind.End)
        {
            var token = Current;
            _at++;
            switch (token.Kind)
            {
                case TokenKind.Data:
                    body.Add(new Data(token.Text, token.Line));
                    break;
                case TokenKind.PrintBegin:
                    body.Add(new Print(TupleOr(), token.Line));
                    Expect(TokenKind.PrintEnd, "end of print statement");
                    break;
                default:
                    if (Current.Kind == TokenKind.Name && ends.Contains(Current.Text))
                    {
                        _depth--;
                        return body;
                    }

                    body.Add(Tag(token.Line));
                    break;
            }
        }

        if (ends.Length > 0)
            throw Fail($"Unexpected end of template. Jinja was looking for the following tags: '{string.Join("' or '", ends.ToArray())}'.");
        _depth--;
        return body;
    }

    private Statement Tag(int line)
    {
        var tag = Current.Kind == TokenKind.Name ? Current.Text : throw Fail("tag name expected");
        _at++;
        Statement statement = tag switch
        {
            "if" => IfTag(line),
            "for" => ForTag(line),
            "set" => SetTag(line),
            "macro" => MacroTag(line),
            "call" => CallTag(line),
            "filter" => FilterTag(line),
            "with" => WithTag(line),
            "generation" => new Generation(Enclosed("endgeneration"), line),
            "block" => BlockTag(line),
            "autoescape" => AutoescapeTag(line),
            "print" => new Print(TupleOr(), line),
            "break" or "continue" when _loops == 0 => throw Fail($"'{tag}' outside of a loop"),
            "break" => new Break(line),
            "continue" => new Continue(line),
            _ when Reading.Contains(tag) => Skip(tag, line),
            _ => throw new TemplateException($"Encountered unknown tag '{tag}'.", line),
        };
        Expect(TokenKind.BlockEnd, "end of statement block");
        return statement;
    }

    private List<Statement> Enclosed(string end)
    {
        Expect(TokenKind.BlockEnd, "end of statement block");
        var body = Body(end);
        _at++;
        return body;
    }

    private If IfTag(int line)
    {
        List<(Expression, IReadOnlyList<Statement>)> branches = [];
        IReadOnlyList<Statement>? otherwise = null;
        while (true)
        {
            var test = TupleOr(withConditional: false);
            Expect(TokenKind.BlockEnd, "end of statement block");
            branches.Add((test, Body("elif", "else", "endif")));
            var tag = Current.Text;
            _at++;
            if (tag == "elif")
                continue;
            if (tag == "else")
                otherwise = Enclosed("endif");
            return new If(branches, otherwise, line);
        }
    }

    private For ForTag(int line)
    {
        var target = Targets(stopsAtIn: true);
        ExpectName("in");
        var items = TupleOr(withConditional: false);
        var filter = Take("if") ? Expression() : null;
        var recursive = Take("recursive");
        Expect(TokenKind.BlockEnd, "end of statement block");
        _loops++;
        var body = Body("endfor", "else");
        _loops--;
        var hasElse = Current.Text == "else";
        _at++;
        return new For(target, items, filter, body, hasElse ? Enclosed("endfor") : null, recursive, line);
    }

    private Statement SetTag(int line)
    {
        var target = Targets(stopsAtIn: false);
        if (TakeOperator("="))
            return new Set(target, TupleOr(), line);
        var filter = Current.Is(TokenKind.Operator, "|") ? Filters(null) : null;
        return new SetBlock(target, filter, Enclosed("endset"), line);
    }

    private MacroDefinition MacroTag(int line)
    {
        var name = ExpectName();
        var parameters = Parameters();
        var loops = _loops;
        _loops = 0;
        var body = Enclosed("endmacro");
        _loops = loops;
        return new(name, parameters, body, line);
    }

    private CallBlock CallTag(int line)
    {
        List<(string, Expression?)> parameters = Current.Is(TokenKind.Operator, "(") ? Parameters() : [];
        if (Expression() is not Call call)
            throw Fail("expected call");
        var body = Enclosed("endcall");
        return new(call, new("caller", parameters, body, line), line);
    }

    private FilterBlock FilterTag(int line)
    {
        var filter = FilterChain(null);
        return new(filter, Enclosed("endfilter"), line);
    }

    private With WithTag(int line)
    {
        List<(Target, Expression)> assignments = [];
        while (Current.Kind != TokenKind.BlockEnd)
        {
            if (assignments.Count > 0)
                ExpectOperator(",");
            var target = Targets(stopsAtIn: false, single: true);
            ExpectOperator("=");
            assignments.Add((target, Expression()));
        }

        return new(assignments, Enclosed("endwith"), line);
    }

    // Nothing inherits here: a block is its body.
    private With BlockTag(int line)
    {
        ExpectName();
        Take("scoped");
        Take("required");
        Expect(TokenKind.BlockEnd, "end of statement block");
        var body = Body("endblock");
        _at++;
        if (Current.Kind == TokenKind.Name)
            _at++;
        return new([], body, line);
    }

    private With AutoescapeTag(int line)
    {
        if (Expression() is not Constant { Value: false })
            throw Fail("autoescape is not available");
        return new([], Enclosed("endautoescape"), line);
    }

    private Unavailable Skip(string tag, int line)
    {
        while (Current.Kind is not (TokenKind.BlockEnd or TokenKind.End))
            _at++;
        return new(tag, line);
    }

    private List<(string Name, Expression? Default)> Parameters()
    {
        List<(string Name, Expression? Default)> parameters = [];
        ExpectOperator("(");
        while (!TakeOperator(")"))
        {
            if (parameters.Count > 0)
                ExpectOperator(",");
            if (TakeOperator(")"))
                break;
            var name = ExpectName();
            if (parameters.Exists(p => p.Name == name))
                throw Fail($"duplicate parameter '{name}'");
            var value = TakeOperator("=") ? Expression() : null;
            if (value is null && parameters is [.., (_, { })])
                throw Fail("non-default argument follows default argument");
            parameters.Add((name, value));
        }

        return parameters;
    }

    private Target Targets(bool stopsAtIn, bool single = false)
    {
        List<Target> targets = [OneTarget()];
        var tuple = false;
        while (!single && TakeOperator(","))
        {
            tuple = true;
            if (Current.Kind == TokenKind.Operator || (stopsAtIn && Current.Is(TokenKind.Name, "in")))
                break;
            targets.Add(OneTarget());
        }

        return tuple ? new TupleTarget(targets) : targets[0];
    }

    private Target OneTarget()
    {
        if (TakeOperator("("))
        {
            Enter();
            var inner = Targets(stopsAtIn: false);
            _depth--;
            ExpectOperator(")");
            return inner;
        }

        var name = Current.Kind == TokenKind.Name ? ExpectName() : throw Fail($"Expected an expression, got '{Current.Described}'");
        if (name is "true" or "false" or "none" or "True" or "False" or "None")
            throw Fail($"can't assign to '{name}'");
        return TakeOperator(".") ? new MemberTarget(name, ExpectName()) : new NameTarget(name);
    }

    private void Enter()
    {
        if (++_depth > _options.Limits.Depth || !RuntimeHelpers.TryEnsureSufficientExecutionStack())
            throw Fail($"more than {_options.Limits.Depth} blocks or expressions inside each other");
    }

    private void Expect(TokenKind kind, string what)
    {
        if (Current.Kind != kind)
            throw Fail($"expected token '{what}', got '{Current.Described}'");
        _at++;
    }

    private string ExpectName(string? name = null)
    {
        if (Current.Kind != TokenKind.Name || (name is not null && Current.Text != name))
            throw Fail($"expected token '{name ?? "name"}', got '{Current.Described}'");
        return _tokens[_at++].Text;
    }

    private void ExpectOperator(string text)
    {
        if (!TakeOperator(text))
            throw Fail($"expected token '{text}', got '{Current.Described}'");
    }

    private bool Take(string name)
    {
        if (!Current.Is(TokenKind.Name, name))
            return false;
        _at++;
        return true;
    }

    private bool TakeOperator(string text)
    {
        if (!Current.Is(TokenKind.Operator, text))
            return false;
        _at++;
        return true;
    }
}
