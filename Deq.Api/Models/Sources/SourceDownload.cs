using System.Buffers;
using System.Security.Cryptography;

namespace Deq.Api.Models.Sources;

/// <summary>One file of a source.</summary>
/// <param name="Path">As the manifest names it.</param>
/// <param name="Sha256">The hash that it must have.</param>
/// <param name="MostBytes">How long it may be.</param>
internal sealed record SourceFile(string Path, string Sha256, long MostBytes);

/// <summary>One try to fetch a file of a source.</summary>
internal sealed class SourceDownload(HttpClient client, SignedAddresses addresses, SourceStates states, TimeProvider clock) : IDisposable
{
    private const int BufferBytes = 1 << 17;

    /// <summary>Writes the file, checks it and gives its length; counts how that ended.</summary>
    /// <param name="source">The source.</param>
    /// <param name="file">Which of its files.</param>
    /// <param name="target">The file to write.</param>
    /// <param name="inTime">Ends the try.</param>
    /// <param name="wanted">Ends all tries; what it ends is not counted.</param>
    /// <exception cref="SourceException">It could not be fetched.</exception>
    public async Task<long> TryAsync(ModelSource source, SourceFile file, string target, CancellationToken inTime, CancellationToken wanted)
    {
        try
        {
            long length = await WriteAsync(source.AddressOf(file.Path), file, target, inTime);
            states.Tried(source.Name, SourceOutcomes.Fetched);
            return length;
        }
        catch (SourceException fault)
        {
            states.Tried(source.Name, fault.Outcome);
            throw;
        }
        catch (OperationCanceledException) when (!wanted.IsCancellationRequested)
        {
            states.Tried(source.Name, SourceOutcomes.Timeout);
            throw;
        }
    }

    public void Dispose() => client.Dispose();

    private async Task<long> WriteAsync(Uri address, SourceFile file, string target, CancellationToken cancellation)
    {
        using HttpResponseMessage response = await FollowAsync(address, file, cancellation);
        if (!response.IsSuccessStatusCode)
        {
            int status = (int)response.StatusCode;
            string reason = await StoreRefusals.ReadAsync(response, clock.GetUtcNow(), cancellation);
            reason = reason.Length == 0 && SourceRedirects.IsRedirect(response) ? ", and a signed request is not redirected" : reason;
            throw new SourceException(SourceOutcomes.Status, $"{file.Path} is answered with {status}{reason}.", mayPass: status is >= 500 or 408 or 429);
        }

        using Stream body = await response.Content.ReadAsStreamAsync(cancellation);
        await using FileStream written = File.Create(target);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        byte[] buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
        try
        {
            for (int count; (count = await ReadAsync(body, buffer, file, cancellation)) > 0;)
            {
                if (written.Length + count > file.MostBytes)
                {
                    throw new SourceException(SourceOutcomes.Size, $"{file.Path} has more than {file.MostBytes} bytes.", mayPass: false);
                }

                hash.AppendData(buffer, 0, count);
                await written.WriteAsync(buffer.AsMemory(0, count), cancellation);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }

        string sha256 = Convert.ToHexStringLower(hash.GetHashAndReset());
        return sha256 == file.Sha256
            ? written.Length
            : throw new SourceException(SourceOutcomes.Hash, $"{file.Path} has the SHA-256 {sha256} instead of {file.Sha256}.", mayPass: false);
    }

    /// <summary>The answer at the end of the redirects. That to a signed request is the first: a signature is for one server, and a secret.</summary>
    private async Task<HttpResponseMessage> FollowAsync(Uri address, SourceFile file, CancellationToken cancellation)
    {
        Uri asked = addresses.Of(address);
        for (int redirects = 0; ; redirects++)
        {
            HttpResponseMessage response = await AskAsync(asked, file, cancellation);
            if (StoreSettings.IsObject(address) || !SourceRedirects.IsRedirect(response))
            {
                return response;
            }

            using (response)
            {
                asked = redirects < SourceRedirects.Most
                    ? SourceRedirects.Next(response, asked, address, file.Path)
                    : throw new SourceException(SourceOutcomes.Status, $"{file.Path} is redirected more than {SourceRedirects.Most} times.", mayPass: false);
            }
        }
    }

    private async Task<HttpResponseMessage> AskAsync(Uri address, SourceFile file, CancellationToken cancellation)
    {
        try
        {
            return await client.GetAsync(address, HttpCompletionOption.ResponseHeadersRead, cancellation);
        }
        catch (HttpRequestException fault)
        {
            string reason = fault.HttpRequestError is HttpRequestError.Unknown or HttpRequestError.ResponseEnded ? "broke off" : $"cannot be asked for: {fault.HttpRequestError}";
            throw new SourceException(SourceOutcomes.Broken, $"{file.Path} {reason}.", mayPass: true, fault);
        }
    }

    private static async Task<int> ReadAsync(Stream body, byte[] buffer, SourceFile file, CancellationToken cancellation)
    {
        try
        {
            return await body.ReadAsync(buffer, cancellation);
        }
        catch (Exception fault) when (fault is IOException or HttpRequestException)
        {
            throw new SourceException(SourceOutcomes.Broken, $"{file.Path} broke off.", mayPass: true, fault);
        }
    }
}
