using Puzzle.Core.Errors;
using static TorchSharp.torch;

namespace Puzzle.Core.Distillation;

// W windows, T tokens, D hidden

/// <summary>The residual stream at the border of a layer, for all windows: in memory, or in a file that is read and written a few windows at a time.</summary>
internal sealed class ActivationStore : IDisposable
{
    private readonly long _tokens;
    private readonly long _hidden;
    private readonly Tensor? _values_WTD;
    private readonly Microsoft.Win32.SafeHandles.SafeFileHandle? _file;
    private readonly string? _path;

    private ActivationStore(long tokens, long hidden, Tensor? values_WTD, Microsoft.Win32.SafeHandles.SafeFileHandle? file, string? path) =>
        (_tokens, _hidden, _values_WTD, _file, _path) = (tokens, hidden, values_WTD, file, path);

    /// <summary>Room in memory.</summary>
    public static ActivationStore InMemory(long windows, long tokens, long hidden) =>
        new(tokens, hidden, empty([windows, tokens, hidden], ScalarType.Float32).DetachFromDisposeScope(), null, null);

    /// <summary>A file; what is there already is kept.</summary>
    /// <exception cref="OutOfResourceException">It cannot be written.</exception>
    public static ActivationStore OnDisk(string path, long tokens, long hidden)
    {
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            return new(tokens, hidden, null, File.OpenHandle(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read, FileOptions.RandomAccess), path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new OutOfResourceException($"{path}: cannot be written: {e.Message}", e);
        }
    }

    /// <summary>Some windows: [count, T, D], a view in memory or a copy from the file.</summary>
    public Tensor Read(long first, long count)
    {
        if (_values_WTD is not null)
            return _values_WTD.narrow(0, first, count);
        var values_WTD = empty([count, _tokens, _hidden], ScalarType.Float32);
        var bytes = values_WTD.bytes;
        var offset = first * _tokens * _hidden * sizeof(float);
        for (var read = 0; read < bytes.Length;)
        {
            var got = RandomAccess.Read(_file!, bytes[read..], offset + read);
            read += got > 0 ? got : throw new BadInputException($"{_path}: ends before window {first + count}");
        }

        return values_WTD;
    }

    /// <summary>Keeps some windows.</summary>
    /// <exception cref="OutOfResourceException">The disk is full.</exception>
    public void Write(long first, Tensor values_WTD)
    {
        if (_values_WTD is not null)
        {
            _values_WTD.narrow(0, first, values_WTD.shape[0]).copy_(values_WTD);
            return;
        }

        using var plain = values_WTD.cpu().contiguous();
        try
        {
            RandomAccess.Write(_file!, plain.bytes, first * _tokens * _hidden * sizeof(float));
        }
        catch (IOException e)
        {
            throw new OutOfResourceException($"{_path}: cannot be written: {e.Message}", e);
        }
    }

    /// <summary>Closes it; a file is removed.</summary>
    public void Remove()
    {
        Dispose();
        if (_path is not null)
            File.Delete(_path);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _values_WTD?.Dispose();
        _file?.Dispose();
    }
}
