using System.IO.MemoryMappedFiles;
using Microsoft.Win32.SafeHandles;
using Puzzle.Core.Errors;

namespace Puzzle.Core.Checkpoints;

/// <summary>A file's bytes, mapped read-only: opening costs nothing, and pages are read when they are touched or copied.</summary>
internal sealed unsafe class MappedFile : IDisposable
{
    private readonly MemoryMappedFile _map;
    private readonly MemoryMappedViewAccessor _view;
    private readonly SafeFileHandle _handle;
    private byte* _start;

    private MappedFile(string path, long length, SafeFileHandle handle, MemoryMappedFile map, MemoryMappedViewAccessor view)
    {
        (Path, Length, _handle, _map, _view) = (path, length, handle, map, view);
        byte* start = null;
        view.SafeMemoryMappedViewHandle.AcquirePointer(ref start);
        _start = start + view.PointerOffset;
    }

    public string Path { get; }

    public long Length { get; }

    public static MappedFile Open(string path)
    {
        SafeFileHandle? handle = null;
        try
        {
            handle = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete);
            var length = RandomAccess.GetLength(handle);
            if (length == 0)
                throw new BadInputException($"{path}: the file is empty");
            var map = MemoryMappedFile.CreateFromFile(handle, mapName: null, 0, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: true);
            return new(path, length, handle, map, map.CreateViewAccessor(0, 0, MemoryMappedFileAccess.Read));
        }
        catch (FileNotFoundException e)
        {
            throw new BadInputException($"{path}: no such file", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            handle?.Dispose();
            throw new BadInputException($"{path}: cannot be opened: {e.Message}", e);
        }
        catch
        {
            handle?.Dispose();
            throw;
        }
    }

    /// <summary>Copies bytes that are wanted once: without the page faults of the mapping.</summary>
    /// <exception cref="BadInputException">The file has become shorter.</exception>
    public void Copy(long offset, Span<byte> destination)
    {
        ObjectDisposedException.ThrowIf(_start is null, this);
        while (destination.Length > 0)
        {
            var count = RandomAccess.Read(_handle, destination, offset);
            if (count == 0)
                throw new BadInputException($"{Path}: the file ends before byte {offset}");
            offset += count;
            destination = destination[count..];
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
        _handle.Dispose();
    }
}
