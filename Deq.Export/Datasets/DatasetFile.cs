using System.IO.Compression;

namespace Deq.Export.Datasets;

/// <summary>A file of a data set, read from its start, unpacked if its name ends in <c>.gz</c>. Every fault names the file.</summary>
internal sealed class DatasetFile : IDisposable
{
    private readonly string _path;
    private readonly Stream _stream;
    private long _position;

    /// <summary>Opens a file.</summary>
    public DatasetFile(string path)
    {
        _path = path;
        FileStream file = File.OpenRead(path);
        _stream = path.EndsWith(".gz", StringComparison.OrdinalIgnoreCase) ? new GZipStream(file, CompressionMode.Decompress) : file;
    }

    /// <summary>Fills a buffer.</summary>
    /// <param name="buffer">Takes the next bytes.</param>
    /// <param name="what">What they are, for the fault's text.</param>
    /// <exception cref="DatasetException">The file ends before, or is no gzip file.</exception>
    public void Read(Span<byte> buffer, string what)
    {
        int read = ReadUpTo(buffer);
        _position += read;
        if (read < buffer.Length)
        {
            throw Fault($"It ends at byte {_position} in the middle of {what}, which has {buffer.Length} bytes.");
        }
    }

    /// <summary>Fills a buffer, or nothing of it at the file's end.</summary>
    /// <returns>False at the end.</returns>
    /// <exception cref="DatasetException">The file ends inside, or is no gzip file.</exception>
    public bool TryRead(Span<byte> buffer, string what)
    {
        if (ReadUpTo(buffer[..1]) == 0)
        {
            return false;
        }

        _position++;
        Read(buffer[1..], what);
        return true;
    }

    /// <summary>Makes sure that nothing follows.</summary>
    /// <exception cref="DatasetException">Something does.</exception>
    public void ExpectEnd()
    {
        Span<byte> more = stackalloc byte[1];
        if (ReadUpTo(more) > 0)
        {
            throw Fault($"It continues after byte {_position}, where it should end.");
        }
    }

    /// <summary>A fault of this file.</summary>
    public DatasetException Fault(string fault) => new(_path, fault);

    /// <inheritdoc/>
    public void Dispose() => _stream.Dispose();

    private int ReadUpTo(Span<byte> buffer)
    {
        try
        {
            return _stream.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false);
        }
        catch (InvalidDataException damage)
        {
            throw new DatasetException(_path, $"It cannot be unpacked after byte {_position}: {damage.Message}", damage);
        }
    }
}
