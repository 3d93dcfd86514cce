namespace Puzzle.Core.Runs;

/// <summary>Something costly that a stage makes when it first needs it, and disposes of at its end.</summary>
/// <param name="make">Makes it.</param>
public sealed class Lazily<T>(Func<T> make) : IDisposable
    where T : class, IDisposable
{
    private T? _value;

    /// <summary>The value, made now where it was not yet.</summary>
    public T Value => _value ??= make();

    /// <inheritdoc/>
    public void Dispose() => _value?.Dispose();
}
