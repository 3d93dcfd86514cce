namespace Puzzle.Core.Text.Jinja;

/// <summary>The value of what is not there: prints as nothing, and whatever else is done with it fails with its reason.</summary>
internal sealed record Undefined(string Reason)
{
    public static Undefined Unsafe(string name, object? value) => new($"access to attribute '{name}' of '{Values.TypeName(value)}' object is unsafe.");

    public TemplateException Fail() => new(Reason);
}
