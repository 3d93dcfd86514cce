namespace Puzzle.Core.Text.Jinja;

/// <summary>A statement of a template; data between tags are statements too.</summary>
internal abstract record Statement(int Line);

internal sealed record Data(string Text, int Line) : Statement(Line);

internal sealed record Print(Expression Value, int Line) : Statement(Line);

internal sealed record If(IReadOnlyList<(Expression Test, IReadOnlyList<Statement> Body)> Branches, IReadOnlyList<Statement>? Else, int Line) : Statement(Line);

internal sealed record For(Target Target, Expression Items, Expression? Filter, IReadOnlyList<Statement> Body, IReadOnlyList<Statement>? Else, bool Recursive, int Line) : Statement(Line);

internal sealed record Set(Target Target, Expression Value, int Line) : Statement(Line);

internal sealed record SetBlock(Target Target, Expression? Filter, IReadOnlyList<Statement> Body, int Line) : Statement(Line);

internal sealed record MacroDefinition(string Name, IReadOnlyList<(string Name, Expression? Default)> Parameters, IReadOnlyList<Statement> Body, int Line) : Statement(Line);

internal sealed record CallBlock(Call Call, MacroDefinition Caller, int Line) : Statement(Line);

internal sealed record FilterBlock(Expression Filter, IReadOnlyList<Statement> Body, int Line) : Statement(Line);

internal sealed record With(IReadOnlyList<(Target Target, Expression Value)> Assignments, IReadOnlyList<Statement> Body, int Line) : Statement(Line);

/// <summary><c>{% generation %}</c>: what the assistant says.</summary>
internal sealed record Generation(IReadOnlyList<Statement> Body, int Line) : Statement(Line);

internal sealed record Break(int Line) : Statement(Line);

internal sealed record Continue(int Line) : Statement(Line);

/// <summary>A tag that would read other templates.</summary>
internal sealed record Unavailable(string Tag, int Line) : Statement(Line);

/// <summary>What is assigned to.</summary>
internal abstract record Target;

internal sealed record NameTarget(string Name) : Target;

internal sealed record MemberTarget(string Object, string Name) : Target;

internal sealed record TupleTarget(IReadOnlyList<Target> Items) : Target;
