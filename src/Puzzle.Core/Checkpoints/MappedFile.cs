using System.IO.MemoryMappedFiles;
using Puzzle.Core.Errors;

namespace Puzzle.Core.Checkpoints;

/// <summary>A file's bytes, mapped read-only: opening costs nothing, and pages are read when they are touched.</summary>
internal sealed unsafe class MappedFile : IDisposable
{
    private readonly MemoryMappedFile _map;
    private readonly MemoryMappedViewAccessor _view;
    private byte* _start;

    private MappedFile(string path, long length, MemoryMappedFile map, MemoryMappedViewAccessor view)
    {
        (Path, Length, _map, _view) = (path, length, map, view);
        byte* start = null;
        view.SafeMemoryMappedViewHandle.AcquirePointer(ref start);
        _start = start + view.PointerOffset;
    }

    public string Path { get; }

    public long Length { get; }

    public static MappedFile Open(string path)
    {
        try
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, bufferSize: 0);
            if (file.Length == 0)
                throw new BadInputException($"{path}: the file is empty");
            var map = MemoryMappedFile.CreateFromFile(file, mapName: null, 0, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: true);
            return new(path, file.Length, map, map.CreateViewAccessor(0, 0, MemoryMappedFileAccess.Read));
        }
        catch (FileNotFoundException e)
        {
            throw new BadInputException($"{path}: no such file", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            throw new BadInputException($"{path}: cannot be opened: {e.Message}", e);
        }
    }

    /// <summary>The bytes at <paramref name="offset"/>; the caller has checked the range against <see cref="Length"/>.</summary>
    public ReadOnlySpan<byte> Bytes(long offset, int length)
    {
        ObjectDisposedException.ThrowIf(_start is null, this);
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(offset + length, Length);
        return new(_start + offset, length);
    }

    public void Dispose()
    {
        if (_start is null)
            return;
        _start = null;
        _view.SafeMemoryMappedViewHandle.ReleasePointer();
        _view.Dispose();
        _map.Dispose();
    }
}
