namespace Puzzle.Core.Text.Jinja;

/// <summary>An expression of a template.</summary>
internal abstract record Expression;

internal sealed record Constant(object? Value) : Expression;

internal sealed record Name(string Text) : Expression;

internal sealed record ListLiteral(IReadOnlyList<Expression> Items) : Expression;

internal sealed record TupleLiteral(IReadOnlyList<Expression> Items) : Expression;

internal sealed record MapLiteral(IReadOnlyList<(Expression Key, Expression Value)> Entries) : Expression;

internal sealed record Unary(char Operator, Expression Operand) : Expression;

internal sealed record Binary(string Operator, Expression Left, Expression Right) : Expression;

internal sealed record Comparison(Expression First, IReadOnlyList<(string Operator, Expression Operand)> Rest) : Expression;

internal sealed record Logical(bool IsAnd, Expression Left, Expression Right) : Expression;

internal sealed record Not(Expression Operand) : Expression;

internal sealed record Conditional(Expression Test, Expression Then, Expression? Else) : Expression;

internal sealed record Concatenation(IReadOnlyList<Expression> Parts) : Expression;

internal sealed record Member(Expression Object, string Name) : Expression;

internal sealed record Item(Expression Object, Expression Index) : Expression;

/// <summary>An index <c>start:stop:step</c>.</summary>
internal sealed record Slice(Expression? Start, Expression? Stop, Expression? Step) : Expression;

internal sealed record Call(Expression Callee, ArgumentList Arguments) : Expression;

/// <summary><c>value | name(arguments)</c>; no value inside a filter block, where it is the block's text.</summary>
internal sealed record FilterCall(Expression? Input, string Name, ArgumentList Arguments) : Expression;

/// <summary><c>value is name(arguments)</c>.</summary>
internal sealed record TestCall(Expression Input, string Name, ArgumentList Arguments) : Expression;

/// <summary>What stands between the parentheses of a call.</summary>
internal sealed record ArgumentList(IReadOnlyList<Expression> Positional, IReadOnlyList<(string Name, Expression Value)> Named, Expression? Unpacked, Expression? NamedUnpacked)
{
    public static ArgumentList Empty { get; } = new([], [], null, null);
}
