using System.Text;

namespace Puzzle.Core.Text.Jinja;

/// <summary>Expressions, in Jinja's order of precedence.</summary>
internal sealed partial class Parser
{
    private static readonly string[] Comparisons = ["==", "!=", "<", "<=", ">", ">="];

    /// <summary>An expression, or several with commas between them: a tuple.</summary>
    private Expression TupleOr(bool withConditional = true)
    {
        var first = withConditional ? Expression() : Or();
        if (!Current.Is(TokenKind.Operator, ","))
            return first;
        List<Expression> items = [first];
        while (TakeOperator(","))
        {
            if (Current.Kind is TokenKind.PrintEnd or TokenKind.BlockEnd || Current.Is(TokenKind.Operator, ")") || Current.Is(TokenKind.Operator, "]"))
                break;
            items.Add(withConditional ? Expression() : Or());
        }

        return new TupleLiteral(items);
    }

    private Expression Expression()
    {
        Enter();
        var value = Or();
        while (Take("if"))
        {
            var test = Or();
            value = new Conditional(test, value, Take("else") ? Expression() : null);
        }

        _depth--;
        return value;
    }

    private Expression Or()
    {
        var left = And();
        while (Take("or"))
            left = new Logical(false, left, Deeper(And));
        return left;
    }

    private Expression And()
    {
        var left = Negation();
        while (Take("and"))
            left = new Logical(true, left, Negation());
        return left;
    }

    private Expression Negation() => Take("not") ? new Not(Deeper(Negation)) : Compare();

    private Expression Compare()
    {
        var first = Sum();
        List<(string, Expression)>? rest = null;
        while (true)
        {
            string op;
            if (Current.Kind == TokenKind.Operator && Comparisons.Contains(Current.Text))
                op = _tokens[_at++].Text;
            else if (Take("in"))
                op = "in";
            else if (Current.Is(TokenKind.Name, "not") && _tokens[_at + 1].Is(TokenKind.Name, "in"))
                (op, _at) = ("not in", _at + 2);
            else
                break;
            (rest ??= []).Add((op, Sum()));
        }

        return rest is null ? first : new Comparison(first, rest);
    }

    private Expression Sum() => Chain(Concatenate, "+", "-");

    private Expression Concatenate()
    {
        var first = Product();
        if (!Current.Is(TokenKind.Operator, "~"))
            return first;
        List<Expression> parts = [first];
        while (TakeOperator("~"))
            parts.Add(Product());
        return new Concatenation(parts);
    }

    private Expression Product() => Chain(Power, "*", "/", "//", "%");

    private Expression Power() => Chain(() => Sign(), "**");

    // A long chain is a deep tree: it is counted as one.
    private Expression Chain(Func<Expression> operand, params ReadOnlySpan<string> operators)
    {
        var left = operand();
        var depth = _depth;
        while (Current.Kind == TokenKind.Operator && operators.Contains(Current.Text))
        {
            Enter();
            left = new Binary(_tokens[_at++].Text, left, operand());
        }

        _depth = depth;
        return left;
    }

    private Expression Deeper(Func<Expression> read)
    {
        Enter();
        var value = read();
        _depth--;
        return value;
    }

    private Expression Sign(bool withFilter = true)
    {
        Expression value;
        if (Current.Is(TokenKind.Operator, "-") || Current.Is(TokenKind.Operator, "+"))
        {
            var sign = _tokens[_at++].Text[0];
            value = new Unary(sign, Deeper(() => Sign(withFilter: false)));
        }
        else
        {
            value = Primary();
        }

        value = Postfix(value);
        return withFilter ? Filters(value)! : value;
    }

    private Expression Primary()
    {
        var token = Current;
        switch (token.Kind)
        {
            case TokenKind.Name:
                _at++;
                return token.Text switch
                {
                    "true" or "True" => new Constant(true),
                    "false" or "False" => new Constant(false),
                    "none" or "None" => new Constant(null),
                    var name => new Name(name),
                };
            case TokenKind.Number:
                _at++;
                return new Constant(token.Value);
            case TokenKind.Text:
                var text = new StringBuilder();
                while (Current.Kind == TokenKind.Text)
                    text.Append((string)_tokens[_at++].Value!);
                return new Constant(text.ToString());
        }

        if (TakeOperator("("))
            return Parenthesised();
        if (TakeOperator("["))
            return new ListLiteral(Items("]"));
        if (TakeOperator("{"))
            return Map();
        throw Fail($"Expected an expression, got '{token.Described}'");
    }

    private Expression Parenthesised()
    {
        if (TakeOperator(")"))
            return new TupleLiteral([]);
        var value = Deeper(() => TupleOr());
        ExpectOperator(")");
        return value;
    }

    private List<Expression> Items(string close)
    {
        List<Expression> items = [];
        while (!TakeOperator(close))
        {
            if (items.Count > 0)
                ExpectOperator(",");
            if (TakeOperator(close))
                break;
            items.Add(Expression());
        }

        return items;
    }

    private MapLiteral Map()
    {
        List<(Expression, Expression)> entries = [];
        while (!TakeOperator("}"))
        {
            if (entries.Count > 0)
                ExpectOperator(",");
            if (TakeOperator("}"))
                break;
            var key = Expression();
            ExpectOperator(":");
            entries.Add((key, Expression()));
        }

        return new(entries);
    }

    private Expression Postfix(Expression value)
    {
        var depth = _depth;
        while (Current.Kind == TokenKind.Operator)
        {
            if (Current.Text is not ("." or "[" or "("))
                break;
            Enter();
            if (TakeOperator("."))
            {
                var token = Current;
                _at++;
                value = token.Kind switch
                {
                    TokenKind.Name => new Member(value, token.Text),
                    TokenKind.Number when token.Value is long => new Item(value, new Constant(token.Value)),
                    _ => throw Fail("expected name or number"),
                };
            }
            else if (TakeOperator("["))
            {
                value = new Item(value, Index());
            }
            else
            {
                _at++;
                value = new Call(value, Arguments());
            }
        }

        _depth = depth;
        return value;
    }

    private Expression Index()
    {
        List<Expression> items = [];
        var tuple = false;
        do
        {
            if (Current.Is(TokenKind.Operator, "]"))
                break;
            items.Add(OneIndex());
            tuple |= Current.Is(TokenKind.Operator, ",");
        }
        while (TakeOperator(","));
        ExpectOperator("]");
        return items.Count == 0 ? throw Fail("expected subscript expression") : tuple ? new TupleLiteral(items) : items[0];
    }

    private Expression OneIndex()
    {
        var start = Current.Is(TokenKind.Operator, ":") ? null : Expression();
        if (!TakeOperator(":"))
            return start!;
        var stop = Part();
        return new Slice(start, stop, TakeOperator(":") ? Part() : null);

        Expression? Part() => Current.Is(TokenKind.Operator, ":") || Current.Is(TokenKind.Operator, "]") || Current.Is(TokenKind.Operator, ",") ? null : Expression();
    }

    /// <summary>Arguments behind an opening parenthesis that is already read.</summary>
    private ArgumentList Arguments()
    {
        if (TakeOperator(")"))
            return ArgumentList.Empty;
        List<Expression> positional = [];
        List<(string, Expression)> named = [];
        Expression? unpacked = null, namedUnpacked = null;
        while (!TakeOperator(")"))
        {
            if (positional.Count + named.Count > 0 || unpacked is not null || namedUnpacked is not null)
                ExpectOperator(",");
            if (TakeOperator(")"))
                break;
            if (TakeOperator("*"))
                unpacked = unpacked is null ? Expression() : throw Fail("invalid syntax for function call expression");
            else if (TakeOperator("**"))
                namedUnpacked = namedUnpacked is null ? Expression() : throw Fail("invalid syntax for function call expression");
            else if (Current.Kind == TokenKind.Name && _tokens[_at + 1].Is(TokenKind.Operator, "="))
            {
                var name = ExpectName();
                _at++;
                named.Add((name, Expression()));
            }
            else
            {
                if (named.Count > 0)
                    throw Fail("invalid syntax for function call expression");
                positional.Add(Expression());
            }
        }

        return new(positional, named, unpacked, namedUnpacked);
    }

    /// <summary>Filters, tests and calls behind a value.</summary>
    private Expression? Filters(Expression? value)
    {
        var depth = _depth;
        while (true)
        {
            if (TakeOperator("|"))
            {
                Enter();
                value = OneFilter(value);
            }
            else if (value is not null && Take("is"))
            {
                Enter();
                value = Test(value);
            }
            else if (value is not null && TakeOperator("("))
            {
                Enter();
                value = new Call(value, Arguments());
            }
            else
            {
                break;
            }
        }

        _depth = depth;
        return value;
    }

    private Expression FilterChain(Expression? value)
    {
        value = OneFilter(value);
        return Filters(value)!;
    }

    private FilterCall OneFilter(Expression? input)
    {
        var name = DottedName();
        if (!FilterTable.Has(name) && !_options.Filters.ContainsKey(name))
            throw Fail($"No filter named '{name}'.");
        return new(input, name, TakeOperator("(") ? Arguments() : ArgumentList.Empty);
    }

    private Expression Test(Expression value)
    {
        var negated = Take("not");
        var name = DottedName();
        if (!TestTable.Has(name))
            throw Fail($"No test named '{name}'.");
        var arguments = ArgumentList.Empty;
        if (TakeOperator("("))
        {
            arguments = Arguments();
        }
        else if (Current.Kind is TokenKind.Name or TokenKind.Text or TokenKind.Number || (Current.Kind == TokenKind.Operator && Current.Text is "(" or "[" or "{"))
        {
            if (Current.Is(TokenKind.Name, "is"))
                throw Fail("You cannot chain multiple tests with is");
            if (Current.Kind != TokenKind.Name || Current.Text is not ("else" or "or" or "and" or "if" or "in" or "not" or "recursive"))
                arguments = new([Postfix(Primary())], [], null, null);
        }

        Expression test = new TestCall(value, name, arguments);
        return negated ? new Not(test) : test;
    }

    private string DottedName()
    {
        var name = ExpectName();
        while (TakeOperator("."))
            name += "." + ExpectName();
        return name;
    }
}
