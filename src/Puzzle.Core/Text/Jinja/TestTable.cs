using System.Collections.Frozen;

namespace Puzzle.Core.Text.Jinja;

/// <summary>Jinja's tests (<c>value is name</c>) by name.</summary>
internal static class TestTable
{
    private static readonly FrozenDictionary<string, Func<RenderContext, object?, CallArguments, bool>> Tests = new Dictionary<string, Func<RenderContext, object?, CallArguments, bool>>
    {
        ["defined"] = (_, value, _) => value is not Undefined,
        ["undefined"] = (_, value, _) => value is Undefined,
        ["none"] = (_, value, _) => value is null,
        ["null"] = (_, value, _) => value is null,
        ["true"] = (_, value, _) => value is true,
        ["false"] = (_, value, _) => value is false,
        ["boolean"] = (_, value, _) => value is bool,
        ["integer"] = (_, value, _) => PythonNumbers.IsInteger(value) && value is not bool,
        ["float"] = (_, value, _) => value is double,
        ["number"] = (_, value, _) => PythonNumbers.Is(value),
        ["string"] = (_, value, _) => value is string,
        ["mapping"] = (_, value, _) => value is Map,
        ["iterable"] = (_, value, _) => value is Sequence or Map or string or Undefined,
        ["sequence"] = (_, value, _) => value is Sequence or Map or string or Undefined,
        ["callable"] = (_, value, _) => value is ICallable or Undefined,
        ["sameas"] = (_, value, arguments) => Same(value, arguments.Required(0, "other")),
        ["lower"] = (context, value, _) => Is(context, value, "islower"),
        ["upper"] = (context, value, _) => Is(context, value, "isupper"),
        ["odd"] = (context, value, _) => Rest(context, value, 2L) is 1L,
        ["even"] = (context, value, _) => Rest(context, value, 2L) is 0L,
        ["divisibleby"] = (context, value, arguments) => Values.Equal(Rest(context, value, arguments.Required(0, "num")), 0L),
        ["in"] = (_, value, arguments) => Values.Compare(value, "in", arguments.Required(0, "seq")),
        ["escaped"] = (_, _, _) => false,
        ["filter"] = (context, value, _) => value is string name && (FilterTable.Has(name) || context.Options.Filters.ContainsKey(name)),
        ["test"] = (_, value, _) => value is string name && Has(name),
        ["eq"] = Comparing("=="),
        ["equalto"] = Comparing("=="),
        ["=="] = Comparing("=="),
        ["ne"] = Comparing("!="),
        ["!="] = Comparing("!="),
        ["gt"] = Comparing(">"),
        ["greaterthan"] = Comparing(">"),
        [">"] = Comparing(">"),
        ["ge"] = Comparing(">="),
        [">="] = Comparing(">="),
        ["lt"] = Comparing("<"),
        ["lessthan"] = Comparing("<"),
        ["<"] = Comparing("<"),
        ["le"] = Comparing("<="),
        ["<="] = Comparing("<="),
    }.ToFrozenDictionary();

    public static bool Has(string name) => Tests.ContainsKey(name);

    public static bool Apply(RenderContext context, string name, object? value, CallArguments arguments) =>
        Tests.TryGetValue(name, out var test) ? test(context, value, arguments) : throw new TemplateException($"No test named '{name}'.");

    private static Func<RenderContext, object?, CallArguments, bool> Comparing(string op) => (_, value, arguments) => Values.Compare(value, op, arguments.Required(0, "other"));

    private static object? Rest(RenderContext context, object? value, object? divisor) => Operations.Binary(context, "%", value, divisor);

    private static bool Is(RenderContext context, object? value, string method) => StringMethods.Find(context, Values.Text(context, value), method)!(new([], new Dictionary<string, object?>())) is true;

    private static bool Same(object? a, object? b) => a is null || b is null || a is string or bool or long || b is string or bool or long
        ? a?.GetType() == b?.GetType() && Values.Equal(a, b)
        : ReferenceEquals(a, b);
}
