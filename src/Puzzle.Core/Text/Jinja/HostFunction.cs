namespace Puzzle.Core.Text.Jinja;

/// <summary>A function or method of ours.</summary>
internal sealed class HostFunction(string name, Func<CallArguments, object?> call) : ICallable
{
    public string Name { get; } = name;

    public object? Call(CallArguments arguments) => call(arguments);

    public bool TryMember(string name, out object? value)
    {
        value = null;
        return false;
    }
}
