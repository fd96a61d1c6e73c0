# Bloom's image: web, worker, beat and manage.py commands run from it. What it is told: .env.example.

FROM node:24.11.0-bookworm-slim AS front-end
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --no-audit --no-fund
COPY . .
RUN npm run build

FROM python:3.11.14-slim-bookworm AS packages
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
WORKDIR /build
RUN python -m venv /venv
COPY requirements.txt .
RUN /venv/bin/pip install --require-hashes -r requirements.txt

FROM python:3.11.14-slim-bookworm
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 BLOOM_VAR_DIR=/app/var
RUN useradd --system --uid 10001 --home-dir /app --shell /usr/sbin/nologin bloom
WORKDIR /app
COPY --from=packages /venv /venv
COPY . .
COPY --from=front-end /app/assets/dist assets/dist
# Static files need no secrets; the values that the schema asks for are the tests' own, for this one command.
RUN BLOOM_ENV=test DATABASE_URL=sqlite://:memory: REDIS_URL=redis://unused \
      python manage.py collectstatic --no-input \
    && install -d -o bloom -g bloom var/mail var/files
USER 10001
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --start-period=20s \
  CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8000/healthz', timeout=4)"]
CMD ["python", "-m", "uvicorn", "bloom.asgi:application", "--host", "0.0.0.0", "--port", "8000", \
     "--loop", "uvloop", "--no-access-log", "--no-server-header", "--no-proxy-headers", "--ws-per-message-deflate", "false", \
     "--ws-max-size", "1048576", "--timeout-graceful-shutdown", "20"]
